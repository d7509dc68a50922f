#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/completion.h"
#include "store/write_set.h"

namespace dyad::store {

/// A transaction whose place in the order is fixed: timestamped, stamps patched. Immutable from
/// then on.
struct OrderedTransaction {
  OrderedTransaction(WriteSet set, Timestamp latest_seen, Completion<Result<>>& when_done)
      : depends_on(latest_seen),
        rows(std::move(set.rows_)),
        log(std::move(set.log_)),
        changes(std::move(set.changes_)),
        cursors(std::move(set.cursors_)),
        bytes(set.bytes_),
        makes_room(set.makes_room_),
        done(&when_done),
        seen(std::move(set.seen_)),
        seen_with_changes(std::move(set.map_)),
        replaced(std::move(set.replaced_)) {}

  Timestamp timestamp;
  /// The latest transaction not yet durable whose rows its body has read: may not be lost where
  /// this one is kept. For engines that make the transactions of a batch durable apart.
  Timestamp depends_on;
  std::vector<RowWrite>
      rows;  ///< Each key once, but for keys that their stamps made equal: the last counts.
  std::vector<LogAppend> log;
  std::vector<PartitionChange> changes;
  std::vector<CursorMove> cursors;
  /// After `changes`; null: it has none.
  std::shared_ptr<const PartitionMap> map_after;
  std::size_t bytes = 0;    ///< Keys, values, log entries.
  bool makes_room = false;  ///< See Transaction::makes_room.
  /// Since when it stands in the line before the committer (store/commit_line.h), by the steady
  /// clock; negative: it goes with the next batch.
  std::int64_t queued_us = -1;

  // For the sequencer.
  Completion<Result<>>* done;
  std::shared_ptr<const PartitionMap> seen;  ///< What the run saw,
  std::shared_ptr<const PartitionMap>
      seen_with_changes;                      ///< and what `partition` pointers point into,
  std::vector<PartitionMap::Entry> replaced;  ///< or what its own changes took out of that.
};

}  // namespace dyad::store
