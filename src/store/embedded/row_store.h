#pragma once

#include <climits>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/files.h"
#include "store/backend.h"

namespace rocksdb {
class DB;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace dyad::store::embedded {

struct RowStoreOptions {
  std::string directory;
  std::size_t block_cache_bytes = 256u << 20;
  std::size_t row_cache_bytes = 0;  ///< See RowCache.
  std::size_t write_buffer_bytes = 64u << 20;
  std::uint64_t compaction_bytes_per_second = 40u << 20;
  int max_open_files = 1000;
  bool read_only = false;
  int max_sleep_us = INT_MAX;  ///< See make_rocksdb_env.
  /// Called from RocksDB's threads.
  std::function<void(const Error&)> on_fatal;  ///< A background write failed: the process must end.
  std::function<void()> on_flushed;
};

/// Rows that take effect together.
class RowBatch {
 public:
  RowBatch();
  ~RowBatch();
  void put(std::string_view key, std::string_view value);
  /// An erased row stays as one with an empty value until compaction takes it away, so that a scan
  /// can count it as a step and give up in good order. The engine's own rows go at once.
  void erase(std::string_view key);
  /// Everything in [from, to).
  void erase_range(std::string_view from, std::string_view to);
  void clear();

 private:
  friend class RowStore;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
};

/// The rows in RocksDB, without its WAL: what was not flushed is replayed from the segment log.
/// Keys that begin with kMetaPrefix are the engine's own. Thread-safe.
class RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> open(Files& files, RowStoreOptions options);
  ~RowStore();

  enum class Wait { no, yes };
  struct Lookup {
    bool would_block = false;  ///< Only with Wait::no; then nothing else is set.
    std::optional<std::string> value;
  };
  /// Wait::no: from what RocksDB or the operating system has in memory; else it would block.
  Result<Lookup> get(std::string_view key, Wait wait) const;
  struct Lookups {
    bool would_block = false;
    std::vector<std::optional<std::string>> values;
  };
  /// All of one moment.
  Result<Lookups> get_all(std::span<const std::string> keys, Wait wait) const;

  class View;
  /// Rows as they are now, until the view is destroyed.
  std::unique_ptr<View> view() const;

  Result<> apply(RowBatch& batch);
  /// What `key` holds in files, whatever memory holds: what a crash would leave of it.
  Result<std::optional<std::string>> get_flushed(std::string_view key) const;
  /// Rows of [from, to), each handed to `visit`.
  Result<> for_each(std::string_view from, std::string_view to,
                    const std::function<Result<>(std::string_view, std::string_view)>& visit) const;
  Result<bool> has_rows(std::string_view from, std::string_view to) const;
  /// Writes what is in memory to files. Waits.
  Result<> flush();
  /// What memory holds of rows that are not in files yet, about.
  std::uint64_t unflushed_bytes() const;
  /// Has RocksDB try again, now, what it gave up on a full disk. Until that comes through, apply()
  /// is no_space and changes nothing.
  void resume();
  /// Rows as they are now, as a store of their own in `directory`, which must not be there; on the
  /// same file system, where it costs no copies. What is in memory goes to files first.
  Result<> checkpoint(const std::string& directory);
  /// Lets go of whole files in [from, to) at once; rows in others stay.
  Result<> drop_files(std::string_view from, std::string_view to);
  /// Every block of every file. corruption: names the file.
  Result<> verify_checksums();
  struct Stats {
    std::uint64_t live_files = 0;
    std::uint64_t live_bytes = 0;
  };
  Stats stats() const;

 private:
  struct Parts;
  explicit RowStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// A moment of the rows.
class RowStore::View {
 public:
  View(rocksdb::DB& db, const rocksdb::Snapshot* snapshot) : db_(db), snapshot_(snapshot) {}
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  struct Walked {
    bool would_block = false;  ///< Only with Wait::no: the walk did not come through.
    std::optional<Result<ScanPage>> page;
  };
  /// `walk` makes no other read of rows.
  Walked walk(const BaseSnapshot::Walk& walk, Wait wait) const;

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
};

/// No root id begins like this: ids are given from 1 upwards.
constexpr std::string_view kMetaPrefix = "\xff\xff\xff\xff\xff\xff\xff\xff";
inline bool is_meta_key(std::string_view key) {
  return key.starts_with(kMetaPrefix);
}

}  // namespace dyad::store::embedded
