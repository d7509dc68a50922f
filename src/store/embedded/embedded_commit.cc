#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "runtime/executor.h"
#include "store/embedded/embedded_backend.h"

// How a batch becomes durable and visible.

namespace dyad::store::embedded {
namespace {

constexpr Timestamp kRemoveCursor{UINT64_MAX};
/// How often a full disk is tried again by a batch that has its place in the order.
constexpr std::int64_t kTryForRoomEveryUs = 100'000;
/// What memory holds is looked up each time so much more was committed.
constexpr std::uint64_t kNoteUnwrittenBytes = 256u << 10;

PartitionRecord made(PartitionId id) {
  PartitionRecord record;
  record.id = record.root = record.parent = id;
  return record;
}

PartitionRecord child_of(const PartitionRecord& parent, PartitionId id) {
  PartitionRecord record = parent;
  record.id = id;
  record.parent = parent.id;
  record.ended_at = Timestamp();
  record.left = record.right = PartitionId();
  return record;
}

}  // namespace

void EmbeddedBackend::put(std::string_view key, std::string_view value) {
  log_batch_.put(key, value);
  row_batch_.put(key, value);
}

void EmbeddedBackend::erase(std::string_view key) {
  log_batch_.erase(key);
  row_batch_.erase(key);
}

/// Counters and trim floors ride with the batch's first transaction.
void EmbeddedBackend::encode_bookkeeping(const CommitBatch& batch) {
  const Counters counters{batch.ceiling, batch.next_partition_id};
  if (counters != counters_) put(counters_key(), encode_counters(counters));
  counters_ = counters;
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, floor] : wanted_floors_) {
    if (!partitions_.contains(partition)) continue;
    put(floor_key(partition), encode_timestamp(floor));
    floors_now_.emplace_back(partition, floor);
  }
  wanted_floors_.clear();
}

void EmbeddedBackend::encode_drop(PartitionId id) {
  const auto found = partitions_.find(id);
  if (found == partitions_.end()) return;
  const PartitionState& state = found->second;
  erase(partition_key(id));
  erase(floor_key(id));
  for (const std::string& follower : state.followers) erase(cursor_key(id, follower));
  // Of one that was split, the rows are its children's.
  if (state.record.live()) put(dropped_key(id), encode_partition(state.record));
  // Its log is let go only when the drop is in the rows; until then its entries count as needed.
  dropped_now_.push_back(id);
}

void EmbeddedBackend::encode_changes(const OrderedTransaction& transaction) {
  const std::lock_guard lock(mutex_);
  const auto store = [&](const PartitionRecord& record) {
    put(partition_key(record.id), encode_partition(record));
    partitions_[record.id].record = record;
  };
  for (const PartitionChange& change : transaction.changes) {
    switch (change.kind) {
      case PartitionChange::Kind::create:
        store(made(change.id));
        break;
      case PartitionChange::Kind::split: {
        PartitionRecord parent = partitions_.at(change.id).record;
        PartitionRecord left = child_of(parent, change.left);
        PartitionRecord right = child_of(parent, change.right);
        left.upper = right.lower = change.at;
        parent.ended_at = transaction.timestamp;
        parent.left = change.left;
        parent.right = change.right;
        store(parent);
        store(left);
        store(right);
        break;
      }
      case PartitionChange::Kind::drop:
        encode_drop(change.id);
        break;
    }
  }
}

void EmbeddedBackend::encode_cursor(const CursorMove& move) {
  const std::lock_guard lock(mutex_);
  const auto found = partitions_.find(move.partition);
  // A cursor on what the same batch drops goes with it.
  if (found == partitions_.end() ||
      std::find(dropped_now_.begin(), dropped_now_.end(), move.partition) != dropped_now_.end())
    return;
  const std::string key = cursor_key(move.partition, move.follower);
  if (move.upto == kRemoveCursor) {
    found->second.followers.erase(move.follower);
    erase(key);
  } else {
    found->second.followers.insert(move.follower);
    put(key, encode_timestamp(move.upto));
  }
}

void EmbeddedBackend::encode(const CommitBatch& batch) {
  log_batch_.clear();
  row_batch_.clear();
  dropped_now_.clear();
  floors_now_.clear();
  bool first = true;
  for (const auto& transaction : batch.transactions) {
    log_batch_.begin_transaction(transaction->timestamp);
    if (first) encode_bookkeeping(batch);
    first = false;
    for (const RowWrite& row : transaction->rows) {
      if (row.value) {
        put(row.key, *row.value);
      } else {
        erase(row.key);
        erased_in_memory_.fetch_add(1, std::memory_order_relaxed);
      }
    }
    if (!transaction->changes.empty()) encode_changes(*transaction);
    for (const CursorMove& move : transaction->cursors) encode_cursor(move);
    for (const LogAppend& entry : transaction->log)
      log_batch_.entry(entry.partition, entry.payload);
  }
}

void EmbeddedBackend::mirror(const CommitBatch& batch) {
  for (const auto& transaction : batch.transactions) {
    for (const RowWrite& row : transaction->rows) {
      if (!CatalogMirror::covers(row.key)) continue;
      if (row.value)
        mirror_.put(row.key, *row.value);
      else
        mirror_.erase(row.key);
    }
  }
}

Result<> EmbeddedBackend::begin_commit(const CommitBatch& batch) {
  DYAD_TRY(healthy());
  encode(batch);
  return {};
}

/// A batch that meets a full disk waits for room. It is not acknowledged, and cannot be taken back:
/// later transactions have read its rows. Readers see what is durable and go on; new transactions
/// are refused meanwhile (admit). Nothing was written to where an error is no_space here: the next
/// segment could not be made, or RocksDB refused the batch as a whole. A stop waits for no room:
/// the batch is whole in the log and the next start finds it, or it never was; who waits for it is
/// told neither.
Task<Result<>> EmbeddedBackend::wait_for_room(const Error& error) {
  waiting_for_room_.store(true, std::memory_order_relaxed);
  if (space_->waits_ended())
    end_without_harm(Error(ErrorCode::cancelled, "the store closes, and its disk is full"));
  DYAD_CO_TRY(healthy());
  if (space_->tells_now())
    log::warning("commits wait for disk space", "directory={} error=\"{}\"", directory_,
                 error.message);
  space_->ask();
  maintain();
  co_await SleepUntil(runtime_.clock().steady_us() + kTryForRoomEveryUs);
  co_return healthy();
}

Task<Result<LogPosition>> EmbeddedBackend::append_when_there_is_room() {
  Result<LogPosition> appended = log_->append(log_batch_);
  while (!appended && appended.error().code == ErrorCode::no_space && log_->takes_more()) {
    DYAD_CO_TRY(co_await wait_for_room(appended.error()));
    appended = log_->append(log_batch_);
  }
  co_return appended;
}

Task<Result<>> EmbeddedBackend::apply_when_there_is_room() {
  Result<> applied = rows_->apply(row_batch_);
  while (!applied && applied.error().code == ErrorCode::no_space) {
    DYAD_CO_TRY(co_await wait_for_room(applied.error()));
    rows_->resume();
    applied = rows_->apply(row_batch_);
  }
  co_return applied;
}

/// What is only in memory will want room on the disk.
void EmbeddedBackend::note_unwritten(const CommitBatch& batch) {
  for (const auto& transaction : batch.transactions) bytes_since_note_ += transaction->bytes;
  if (bytes_since_note_ < kNoteUnwrittenBytes) return;
  bytes_since_note_ = 0;
  space_->set_owed(rows_->unflushed_bytes());
}

void EmbeddedBackend::end_commit(const CommitBatch& batch) {
  mirror(batch);
  note_unwritten(batch);
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, floor] : floors_now_) {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) continue;
    found->second.floor = std::max(found->second.floor, floor);
    floors_moved_.store(true, std::memory_order_release);
  }
  for (const PartitionId id : dropped_now_) {
    partitions_.erase(id);
    floors_moved_.store(true, std::memory_order_release);
  }
}

Task<Result<>> EmbeddedBackend::commit(const CommitBatch& batch) {
  Result<> done = begin_commit(batch);
  if (done) {
    const Result<LogPosition> position = co_await append_when_there_is_room();
    if (position) {
      row_batch_.put(applied_key(), encode_position(*position));
      done = co_await apply_when_there_is_room();
    } else {
      done = fail(position.error());
    }
  }
  if (!done) {
    // Log and memory may differ now; only a restart can tell what stands.
    fail_for_good(done.error());
    co_return fail(done.error());
  }
  end_commit(batch);
  if (waiting_for_room_.load(std::memory_order_relaxed))
    waiting_for_room_.store(false, std::memory_order_relaxed);
  maintain();
  co_return Result<>();
}

}  // namespace dyad::store::embedded
