# RocksDB::rocksdb: RocksDB, linked into the program where there is an archive of it (Debian's librocksdb-dev brings one). In
# a shared object each comparison of keys asks the loader for its thread's counters: 2 to 7 % of a write.
# With ThreadSanitizer it stays a shared object: RocksDB's atomics are not instrumented, and what is to be overlooked there
# (test/sanitize/races.txt) is told by the object's name. -DDYAD_ROCKSDB_ARCHIVE= does without the archive anywhere.
add_library(RocksDB::rocksdb INTERFACE IMPORTED)
find_library(DYAD_ROCKSDB_ARCHIVE librocksdb.a)
if(DYAD_ROCKSDB_ARCHIVE AND NOT DYAD_SANITIZE STREQUAL "thread")
  # What Debian's archive itself links; packages of its own dependencies bring them.
  target_link_libraries(RocksDB::rocksdb INTERFACE ${DYAD_ROCKSDB_ARCHIVE} snappy bz2 lz4 zstd z Threads::Threads)
else()
  target_link_libraries(RocksDB::rocksdb INTERFACE rocksdb)
endif()
