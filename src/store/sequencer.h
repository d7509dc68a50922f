#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/adaptive_mutex.h"
#include "runtime/completion.h"
#include "runtime/runtime.h"
#include "store/backend.h"
#include "store/hybrid_clock.h"
#include "store/log_marks.h"
#include "store/overlay.h"
#include "store/partition_directory.h"

namespace dyad::store {

/// Of one batch of the committer; a single larger transaction is a batch of its own.
constexpr std::size_t kMaxBatchBytes = 8u << 20;
constexpr std::size_t kMaxBatchTransactions = 512;
/// Ordered and not yet durable, together; the next transaction is `overloaded`.
constexpr std::size_t kMaxPendingBytes = 256u << 20;
constexpr std::size_t kMaxPendingTransactions = 65536;

/// Fixes the order of transactions under one mutex, and makes them durable in that order: one
/// committer, on an executor of its own, takes all that wait and hands them to the backend as one
/// batch. Thread-safe.
class Sequencer {
 public:
  Sequencer(Runtime& runtime, Backend& backend, HybridClock& clock, Overlay& overlay,
            PartitionDirectory& directory, LogMarks& marks, Timestamp durable_upto,
            std::uint64_t next_partition_id);
  ~Sequencer();  ///< After stop().

  /// Fixes the place of `transaction`: timestamp, stamps, pending rows. Its `done` is set when it
  /// is durable. retry: the partitions that it saw have changed; nothing happened. Other errors:
  /// not_owner (a stamp moved a key out of its partition), overloaded, and the committer's failure.
  Result<> order(const std::shared_ptr<OrderedTransaction>& transaction);

  /// Until everything at or before `upto`, which must have been ordered, is durable.
  Task<Result<>> wait_durable(Timestamp upto);

  Timestamp durable_upto() const {
    return Timestamp(durable_upto_.load(std::memory_order_acquire));
  }
  Timestamp last_ordered() const;
  PartitionId new_partition_id() { return PartitionId(next_partition_id_.fetch_add(1)); }

  /// Makes what is ordered durable and ends the committer. Nothing may be ordered after.
  Task<void> stop();

 private:
  using Queue = std::deque<std::shared_ptr<OrderedTransaction>>;
  using Batch = std::vector<std::shared_ptr<OrderedTransaction>>;
  struct WorkThere;

  Result<std::shared_ptr<const PartitionMap>> map_after(const OrderedTransaction& transaction,
                                                        Timestamp timestamp) const;
  static bool patch(OrderedTransaction& transaction);
  static void count_writes(const OrderedTransaction& transaction);
  Task<void> run();
  Batch take_batch();
  bool beyond_a_batch() const;
  void join_line(OrderedTransaction& transaction);
  void tell_line();
  void hand_down_cursors(const Batch& batch);
  void settle(const Batch& batch);
  void abandon(const Batch& batch, const Error& error);
  void wake_waiters(Timestamp upto);

  const Clock& steady_clock_;
  CommitLine* const line_;  ///< Null: nobody asks.
  Backend& backend_;
  HybridClock& clock_;
  Overlay& overlay_;
  PartitionDirectory& directory_;
  LogMarks& marks_;
  std::atomic<std::uint64_t> durable_upto_;
  std::atomic<std::uint64_t> next_partition_id_;

  struct Waiter {
    Timestamp upto;
    Completion<Result<>>* done;
  };
  mutable AdaptiveMutex mutex_;
  Queue queue_;
  std::size_t queued_bytes_ = 0;
  std::int64_t line_since_us_ = -1;  ///< Negative: there is no line.
  std::vector<Waiter> waiters_;
  Timestamp last_ordered_;
  std::size_t pending_bytes_ = 0;
  std::size_t pending_transactions_ = 0;
  std::optional<Error> failed_;
  std::coroutine_handle<> idle_;  ///< The committer, where it waits for work.
  bool stopping_ = false;
  bool stopped_ = false;
  Completion<bool> finished_;

  std::unique_ptr<Executor> executor_;
};

}  // namespace dyad::store
