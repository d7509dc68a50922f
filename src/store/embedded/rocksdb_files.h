#pragma once

#include <climits>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace rocksdb {
class Env;
class FileSystem;
class IOStatus;
class Status;
}  // namespace rocksdb

namespace dyad {
class Files;
}

namespace dyad::store::embedded {

// Every file of RocksDB goes through Files, so that faults are injected under it as under our own.
// Its messages go to our log (rocksdb_log.h), not to LOG files.
// Not served, and answered NotSupported: memory-mapped and random read-write files, direct I/O (the
// options are ignored), link counts, test directories. Paths are Files' paths; relative ones stay
// so.

/// `files` outlives what is returned. Thread-safe.
std::shared_ptr<rocksdb::FileSystem> make_rocksdb_files(Files& files);

/// The same for Options::env, with RocksDB's default threads and clock. Outlives the database.
/// RocksDB sleeps a second after every failed flush or compaction before it says so: tests that
/// fail many cap its sleeps.
std::unique_ptr<rocksdb::Env> make_rocksdb_env(Files& files, int max_sleep_us = INT_MAX);

/// While one lives, what RocksDB reads of tables on this thread is what the operating system has in
/// memory (RandomReadFile::read_at_once). Any other read fails, and RocksDB's call with it; then
/// `refused` tells that the call is to be made again where it may wait. One a thread at a time.
///
/// RocksDB's own kBlockCacheTier refuses what is not in its cache, wherever else it is: with that,
/// each row of a table larger than the cache would be a worker's.
class ReadsAtOnce {
 public:
  ReadsAtOnce();
  ~ReadsAtOnce();
  ReadsAtOnce(const ReadsAtOnce&) = delete;
  ReadsAtOnce& operator=(const ReadsAtOnce&) = delete;

  void note_refused() { refused_ = true; }
  bool refused() const { return refused_; }

 private:
  bool refused_ = false;
};

/// not_found is PathNotFound and no_space is NoSpace (both of kind IOError), corruption is
/// Corruption, anything else IOError. The message goes along. NoSpace is retryable: RocksDB tries
/// again by itself.
rocksdb::IOStatus to_io_status(const Error& error);

/// The way back, for `status` that is not ok. `doing` begins the message: "flush: IO error: ...".
Error rocksdb_error(const rocksdb::Status& status, std::string_view doing);

}  // namespace dyad::store::embedded
