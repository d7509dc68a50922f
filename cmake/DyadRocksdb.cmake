# RocksDB::rocksdb: RocksDB, linked into the program where there is an archive of it (Debian's librocksdb-dev brings one). In
# a shared object each comparison of keys asks the loader for its thread's counters: 2 to 7 % of a write.
add_library(RocksDB::rocksdb INTERFACE IMPORTED)
find_library(DYAD_ROCKSDB_ARCHIVE librocksdb.a)
if(DYAD_ROCKSDB_ARCHIVE)
  # What the archive itself links; packages of its own dependencies bring them.
  target_link_libraries(RocksDB::rocksdb INTERFACE ${DYAD_ROCKSDB_ARCHIVE} snappy bz2 lz4 zstd z Threads::Threads)
else()
  message(STATUS "no librocksdb.a: RocksDB is linked as a shared object, which costs a write 2 to 7 %")
  target_link_libraries(RocksDB::rocksdb INTERFACE rocksdb)
endif()
