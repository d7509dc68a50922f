#include "store/memory/memory_state.h"

#include <algorithm>

namespace dyad::store {

void MemoryState::put(const RowWrite& row) {
  const auto [at, added] = rows.try_emplace(row.key);
  if (added) {
    bytes += row.key.size();
  } else {
    bytes -= at->second.size();
  }
  bytes += row.value->size();
  at->second = *row.value;
}

void MemoryState::erase(std::string_view key) {
  const auto at = rows.find(key);
  if (at == rows.end()) return;
  bytes -= at->first.size() + at->second.size();
  rows.erase(at);
}

void MemoryState::apply(const CommitBatch& batch) {
  const std::unique_lock lock(mutex);
  for (const auto& tx : batch.transactions) {
    for (const RowWrite& row : tx->rows) {
      if (row.value) {
        put(row);
      } else {
        erase(row.key);
      }
    }
    for (const LogAppend& entry : tx->log) {
      logs_[entry.partition].entries.push_back({tx->timestamp, entry.payload});
      bytes += entry.payload.size();
    }
    for (const CursorMove& move : tx->cursors) apply_cursor(move);
    apply_partitions(*tx);
  }
  durable_upto_ = batch.upto;
  ceiling = batch.ceiling;
  next_partition_id_ = batch.next_partition_id;
}

void MemoryState::apply_cursor(const CursorMove& move) {
  auto& cursors = logs_[move.partition].cursors;
  if (move.upto == Timestamp(UINT64_MAX)) {
    cursors.erase(move.follower);
  } else {
    cursors[move.follower] = move.upto;
  }
}

void MemoryState::apply_partitions(const OrderedTransaction& tx) {
  for (const PartitionChange& change : tx.changes) {
    for (const PartitionId id : {change.id, change.left, change.right}) {
      const PartitionEntry* entry = tx.map_after->find(id);
      if (entry) {
        partitions_[id] = *entry;
      } else {
        partitions_.erase(id);
      }
    }
  }
}

void MemoryState::reclaim(const PartitionRecord& dropped) {
  const std::unique_lock lock(mutex);
  const auto log = logs_.find(dropped.id);
  if (log != logs_.end()) {
    for (const LogEntry& entry : log->second.entries) bytes -= entry.payload.size();
    logs_.erase(log);
  }
  if (!dropped.live()) return;
  PartitionEntry bounds;
  static_cast<PartitionRecord&>(bounds) = dropped;
  auto at = rows.lower_bound(physical_key(dropped.root, ""));
  const auto end = rows.lower_bound(physical_end(dropped.root));
  while (at != end) {
    const auto row = at++;
    if (!bounds.holds(std::string_view(row->first).substr(kRootBytes))) continue;
    bytes -= row->first.size() + row->second.size();
    rows.erase(row);
  }
}

LogEntries MemoryState::read_log(PartitionId partition, Timestamp after, Timestamp upto,
                                 const LogLimits& limits) const {
  const std::shared_lock lock(mutex);
  LogEntries found;
  const auto log = logs_.find(partition);
  if (log == logs_.end()) return found;
  const auto& entries = log->second.entries;
  auto at =
      std::upper_bound(entries.begin(), entries.end(), after,
                       [](Timestamp t, const LogEntry& entry) { return t < entry.timestamp; });
  std::size_t taken_bytes = 0;
  while (at != entries.end() && at->timestamp <= upto) {
    auto end = at;
    std::size_t transaction_bytes = 0;
    for (; end != entries.end() && end->timestamp == at->timestamp; ++end) {
      transaction_bytes += end->payload.size();
    }
    const std::size_t count = found.entries.size() + static_cast<std::size_t>(end - at);
    if (!found.entries.empty() &&
        (count > limits.entries || taken_bytes + transaction_bytes > limits.bytes)) {
      found.more = true;
      break;
    }
    taken_bytes += transaction_bytes;
    found.entries.insert(found.entries.end(), at, end);
    at = end;
  }
  return found;
}

void MemoryState::trim_log(PartitionId partition, Timestamp upto) {
  const std::unique_lock lock(mutex);
  Log& log = logs_[partition];
  log.trimmed_upto = std::max(log.trimmed_upto, upto);
  while (!log.entries.empty() && log.entries.front().timestamp <= upto) {
    bytes -= log.entries.front().payload.size();
    log.entries.pop_front();
  }
}

Recovered MemoryState::recovered() const {
  const std::shared_lock lock(mutex);
  Recovered recovered;
  recovered.durable_upto = durable_upto_;
  recovered.ceiling = ceiling;
  recovered.next_partition_id = next_partition_id_;
  for (const auto& [id, record] : partitions_) recovered.partitions.push_back(record);
  for (const auto& [id, log] : logs_) {
    LogMark mark;
    mark.partition = id;
    mark.trimmed_upto = log.trimmed_upto;
    mark.cursors.assign(log.cursors.begin(), log.cursors.end());
    recovered.marks.push_back(std::move(mark));
  }
  return recovered;
}

}  // namespace dyad::store
