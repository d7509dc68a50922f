#include "store/sequencer.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::store {
namespace {

void patch_stamps(std::string& bytes, const Stamps& stamps, Timestamp timestamp) {
  for (std::uint8_t i = 0; i < stamps.count; ++i) {
    store_be64(bytes.data() + stamps.offsets[i], timestamp.value());
  }
}

/// Did the partitions that the transaction saw stay as they were?
bool still_stands(const OrderedTransaction& transaction, const PartitionMap& now) {
  for (const RowWrite& row : transaction.rows) {
    if (now.find(row.partition->id) != row.partition) return false;
  }
  for (const LogAppend& entry : transaction.log) {
    if (now.find(entry.partition) != entry.entry) return false;
  }
  for (const CursorMove& move : transaction.cursors) {
    if (!now.find(move.partition)) return false;
  }
  return true;
}

}  // namespace

/// Suspends the committer until there is something to commit, or it shall end.
struct Sequencer::WorkThere {
  Sequencer& sequencer;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    const std::lock_guard lock(sequencer.mutex_);
    if (!sequencer.queue_.empty() || sequencer.stopping_) return false;
    sequencer.idle_ = handle;
    return true;
  }
  void await_resume() const noexcept {}
};

Sequencer::Sequencer(Runtime& runtime, Backend& backend, HybridClock& clock, Overlay& overlay,
                     PartitionDirectory& directory, LogMarks& marks, Timestamp durable_upto,
                     std::uint64_t next_partition_id)
    : steady_clock_(runtime.clock()),
      line_(backend.commit_line()),
      backend_(backend),
      clock_(clock),
      overlay_(overlay),
      directory_(directory),
      marks_(marks),
      durable_upto_(durable_upto.value()),
      next_partition_id_(next_partition_id),
      last_ordered_(durable_upto),
      executor_(runtime.make_dedicated("committer")) {
  executor_->spawn(run());
}

Sequencer::~Sequencer() {
  DYAD_CHECK(stopped_);
}

Result<> Sequencer::order(const std::shared_ptr<OrderedTransaction>& transaction) {
  OrderedTransaction& tx = *transaction;
  std::coroutine_handle<> committer;
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return fail(*failed_);
    DYAD_CHECK(!stopping_);
    if (pending_bytes_ + tx.bytes > kMaxPendingBytes ||
        pending_transactions_ >= kMaxPendingTransactions) {
      return fail(ErrorCode::overloaded, "too much is waiting to become durable");
    }
    // Taken before anything is known to stand; a timestamp that nobody gets is no harm.
    tx.timestamp = clock_.next();
    DYAD_TRY_ASSIGN(tx.map_after, map_after(tx, tx.timestamp));
    if (!patch(tx)) {
      return fail(ErrorCode::not_owner, "the timestamp moves a key out of its partition");
    }
    if (tx.map_after) directory_.publish_ordered(tx.map_after);
    overlay_.add(transaction);
    queue_.push_back(transaction);
    queued_bytes_ += tx.bytes;
    if (line_ != nullptr && beyond_a_batch()) join_line(tx);
    last_ordered_ = tx.timestamp;
    pending_bytes_ += tx.bytes;
    ++pending_transactions_;
    committer = std::exchange(idle_, nullptr);
  }
  if (committer) executor_->post(committer);
  return {};
}

Result<std::shared_ptr<const PartitionMap>> Sequencer::map_after(const OrderedTransaction& tx,
                                                                 Timestamp timestamp) const {
  std::shared_ptr<const PartitionMap> map = directory_.ordered();
  if (map != tx.seen && (!tx.changes.empty() || !still_stands(tx, *map))) {
    return fail(ErrorCode::retry, "partitions have changed meanwhile");
  }
  if (tx.changes.empty()) return nullptr;
  for (const PartitionChange& change : tx.changes) {
    DYAD_TRY_ASSIGN(map, map->after(change, timestamp));
  }
  return map;
}

bool Sequencer::patch(OrderedTransaction& tx) {
  for (RowWrite& row : tx.rows) {
    if (row.value) patch_stamps(*row.value, row.in_value, tx.timestamp);
    if (row.in_key.count == 0) continue;
    patch_stamps(row.key, row.in_key, tx.timestamp);
    const std::string_view key = std::string_view(row.key).substr(kRootBytes);
    if (row.partition->bounded() && !row.partition->holds(key)) return false;
  }
  for (LogAppend& entry : tx.log) patch_stamps(entry.payload, entry.in_payload, tx.timestamp);
  return true;
}

Timestamp Sequencer::last_ordered() const {
  const std::lock_guard lock(mutex_);
  return last_ordered_;
}

Task<Result<>> Sequencer::wait_durable(Timestamp upto) {
  if (durable_upto() >= upto) co_return Result<>();
  Completion<Result<>> done;
  {
    const std::lock_guard lock(mutex_);
    if (durable_upto() >= upto) co_return Result<>();
    if (failed_) co_return fail(*failed_);
    waiters_.push_back({upto, &done});
  }
  co_return co_await done;
}

Task<void> Sequencer::stop() {
  std::coroutine_handle<> committer;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    committer = std::exchange(idle_, nullptr);
  }
  if (committer) executor_->post(committer);
  co_await finished_;
  stopped_ = true;
}

Task<void> Sequencer::run() {
  while (true) {
    co_await WorkThere(*this);
    const Batch batch = take_batch();
    if (batch.empty()) break;
    hand_down_cursors(batch);
    CommitBatch commit;
    commit.transactions = batch;
    commit.upto = batch.back()->timestamp;
    commit.ceiling = clock_.last();
    commit.next_partition_id = next_partition_id_.load();
    const Result<> durable = co_await backend_.commit(commit);
    if (durable) {
      settle(batch);
    } else {
      abandon(batch, durable.error());
    }
  }
  finished_.set(true);
}

Sequencer::Batch Sequencer::take_batch() {
  const std::lock_guard lock(mutex_);
  Batch batch;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < kMaxBatchTransactions) {
    bytes += queue_.front()->bytes;
    if (!batch.empty() && bytes > kMaxBatchBytes) break;
    queued_bytes_ -= queue_.front()->bytes;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (line_since_us_ >= 0) tell_line();
  return batch;
}

bool Sequencer::beyond_a_batch() const {
  return queue_.size() > kMaxBatchTransactions || queued_bytes_ > kMaxBatchBytes;
}

/// Of who comes last. The clock is read for nobody else.
void Sequencer::join_line(OrderedTransaction& transaction) {
  transaction.queued_us = steady_clock_.steady_us();
  if (line_since_us_ < 0) line_since_us_ = transaction.queued_us;
  tell_line();
}

void Sequencer::tell_line() {
  if (beyond_a_batch()) {
    // Those who came before there was a line are in front of it, and go with the next batch.
    const std::int64_t first_us = queue_.front()->queued_us;
    line_->stands(first_us < 0 ? line_since_us_ : first_us, queue_.size());
  } else {
    line_since_us_ = -1;
    line_->is_gone();
  }
}

// Whoever follows a partition follows its children from the split on: until it has read so far,
// nothing of their logs may be trimmed. Decided here, where all cursor moves before the split are
// known: those of former batches are in the marks, and those of this one come first in it.
void Sequencer::hand_down_cursors(const Batch& batch) {
  std::vector<CursorMove> moves;  // Of this batch, in order.
  for (const auto& tx : batch) {
    moves.insert(moves.end(), tx->cursors.begin(), tx->cursors.end());
    for (const PartitionChange& change : tx->changes) {
      if (change.kind != PartitionChange::Kind::split) continue;
      std::set<std::string> followers;
      for (std::string& name : marks_.followers(change.id)) followers.insert(std::move(name));
      for (const CursorMove& move : moves) {
        if (move.partition != change.id) continue;
        if (move.upto == Timestamp(UINT64_MAX)) {
          followers.erase(move.follower);
        } else {
          followers.insert(move.follower);
        }
      }
      for (const std::string& follower : followers) {
        for (const PartitionId child : {change.left, change.right}) {
          const CursorMove inherited{follower, child, tx->timestamp};
          tx->cursors.push_back(inherited);
          moves.push_back(inherited);
        }
      }
    }
  }
}

void Sequencer::count_writes(const OrderedTransaction& tx) {
  for (const RowWrite& row : tx.rows) {
    const PartitionEntry* partition = row.partition;
    // A partition of the transaction's own making counts on the entry that others see.
    if (tx.map_after) partition = tx.map_after->find(partition->id);
    if (!partition) continue;
    const std::size_t bytes = row.key.size() - kRootBytes + (row.value ? row.value->size() : 0);
    partition->counters->writes.fetch_add(1, std::memory_order_relaxed);
    partition->counters->written_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
}

// The base shows the batch already. The partitions follow before durable_upto, so that a log reader
// who sees the one sees the other; pending rows go last.
void Sequencer::settle(const Batch& batch) {
  std::vector<PartitionRecord> dropped;
  std::size_t bytes = 0;
  for (const auto& tx : batch) {
    bytes += tx->bytes;
    count_writes(*tx);
    for (const CursorMove& move : tx->cursors) marks_.apply(move);
    if (!tx->map_after) continue;
    PartitionDirectory::Map before = directory_.durable();
    for (const PartitionChange& change : tx->changes) {
      if (change.kind != PartitionChange::Kind::drop) continue;
      // Made and dropped in one transaction: it never was.
      if (const PartitionEntry* entry = before->find(change.id)) dropped.push_back(*entry);
    }
    directory_.publish_durable(tx->map_after);
    // Not before: a log reader would take what was trimmed for empty.
    for (const PartitionChange& change : tx->changes) {
      if (change.kind == PartitionChange::Kind::drop) marks_.forget(change.id);
    }
  }
  const Timestamp upto = batch.back()->timestamp;
  durable_upto_.store(upto.value(), std::memory_order_release);
  for (const auto& tx : batch) overlay_.remove(*tx);
  for (const PartitionRecord& record : dropped) backend_.reclaim(record);
  wake_waiters(upto);
  {
    const std::lock_guard lock(mutex_);
    pending_bytes_ -= bytes;
    pending_transactions_ -= batch.size();
  }
  for (const auto& tx : batch) tx->done->set(Result<>());
}

void Sequencer::wake_waiters(Timestamp upto) {
  std::vector<Waiter> ready;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::partition(waiters_.begin(), waiters_.end(),
                                        [upto](const Waiter& w) { return w.upto > upto; });
    ready.assign(waiting, waiters_.end());
    waiters_.erase(waiting, waiters_.end());
  }
  for (const Waiter& waiter : ready) waiter.done->set(Result<>());
}

// Whether the batch is on disk nobody knows. Nothing may be built on it: the pending rows stay
// where they are, and every later transaction is refused.
void Sequencer::abandon(const Batch& batch, const Error& error) {
  Queue rest;
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    failed_ = error;
    rest.swap(queue_);
    queued_bytes_ = 0;
    if (line_since_us_ >= 0) tell_line();
    waiters.swap(waiters_);
  }
  for (const auto& tx : batch) tx->done->set(fail(error));
  for (const auto& tx : rest) tx->done->set(fail(error));
  for (const Waiter& waiter : waiters) waiter.done->set(fail(error));
}

}  // namespace dyad::store
