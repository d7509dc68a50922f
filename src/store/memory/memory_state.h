#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "store/backend.h"

namespace dyad::store {

/// Rows, logs and bookkeeping of a memory store. `mutex` guards all but `bytes`.
class MemoryState {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  void apply(const CommitBatch& batch);
  void reclaim(const PartitionRecord& dropped);
  LogEntries read_log(PartitionId partition, Timestamp after, Timestamp upto,
                      const LogLimits& limits) const;
  void trim_log(PartitionId partition, Timestamp upto);
  Recovered recovered() const;

  mutable std::shared_mutex mutex;
  Rows rows;
  std::atomic<std::uint64_t> bytes{0};  ///< Of rows and logs.
  Timestamp ceiling;

 private:
  void put(const RowWrite& row);
  void erase(std::string_view key);
  void apply_cursor(const CursorMove& move);
  void apply_partitions(const OrderedTransaction& transaction);

  struct Log {
    std::deque<LogEntry> entries;
    Timestamp trimmed_upto;
    std::map<std::string, Timestamp> cursors;
  };
  std::unordered_map<PartitionId, Log> logs_;
  std::map<PartitionId, PartitionRecord> partitions_;
  Timestamp durable_upto_;
  std::uint64_t next_partition_id_ = 1;
};

}  // namespace dyad::store
