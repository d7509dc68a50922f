#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "runtime/task.h"
#include "store/commit_line.h"
#include "store/ordered_transaction.h"
#include "store/partition_directory.h"
#include "store/store.h"

namespace dyad::store {

// What an engine on this machine supplies; LocalStore makes a Store of it. "The base" is what is
// durable: physical keys (root id, kind, rest) and their values.

/// Walks the rows of one moment. Not thread-safe. Views are good until the next move.
/// A row with an empty value is none: it was erased and still costs a step.
class BaseCursor {
 public:
  virtual ~BaseCursor() = default;
  virtual void seek(std::string_view key) = 0;         ///< The first row at or after `key`.
  virtual void seek_before(std::string_view key) = 0;  ///< The last row before `key`.
  virtual void next() = 0;
  virtual void previous() = 0;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  /// Asked where valid() is false: no error, then the rows end here.
  virtual Result<> status() const = 0;
};

class BaseSnapshot {
 public:
  using Walk = std::function<Result<ScanPage>(BaseCursor&)>;
  virtual ~BaseSnapshot() = default;
  /// Runs `walk` over this moment, in place or on a worker; perhaps again from the start after an
  /// attempt that an error of the cursor's ended. Called once, at once, by the coroutine that took
  /// the snapshot; `walk` lives until the task is done.
  virtual Task<Result<ScanPage>> walk(const Walk& walk) = 0;
};

/// Whole transactions, in order.
struct CommitBatch {
  std::span<const std::shared_ptr<OrderedTransaction>> transactions;  ///< Never empty.
  Timestamp upto;                                                     ///< The last one's.
  Timestamp ceiling;                    ///< What a restart's clock must start above.
  std::uint64_t next_partition_id = 0;  ///< What a restart must start from.
};

/// Followers' durable cursors and how far a log was trimmed, as stored.
struct LogMark {
  PartitionId partition;
  Timestamp trimmed_upto;
  std::vector<std::pair<std::string, Timestamp>> cursors;
};

/// What an engine found when it was opened.
struct Recovered {
  Timestamp durable_upto;
  Timestamp ceiling;
  std::uint64_t next_partition_id = 1;
  /// Empty: a new store. The catalogue's partition is added where it is missing.
  std::vector<PartitionRecord> partitions;
  std::vector<LogMark> marks;
};

struct LogEntries {
  std::vector<LogEntry> entries;
  bool more = false;  ///< The limits, not `upto`, ended it.
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// The rows as they are durable now; all of one moment, in the order of the keys asked for.
  virtual Task<Result<std::optional<std::string>>> read(std::string_view physical) = 0;
  virtual Task<Result<std::vector<std::optional<std::string>>>> read_all(
      std::span<const std::string> physical) = 0;
  /// Called under the overlay's lock: cheap, and never waits for a commit.
  virtual std::unique_ptr<BaseSnapshot> snapshot() = 0;

  /// Before order is fixed: is there room for `bytes` more? no_space or overloaded, and the
  /// transaction fails without a trace. `frees`: it erases, drops or moves
  /// cursors, and what it puts is bookkeeping of that (Transaction::makes_room).
  virtual Result<> admit(std::size_t bytes, bool frees) = 0;

  /// Where the line before commit() is told; null: to nobody. Outlives the backend.
  virtual CommitLine* commit_line() { return nullptr; }

  /// Makes the batch durable and then visible, all of its rows at one moment. Runs on the
  /// committer's dedicated executor, one at a time, and may block. An error means that the state on
  /// disk is not known: an engine with a disk ends the process instead; where it does not, the
  /// store answers every transaction of the batch and all later ones with this error.
  virtual Task<Result<>> commit(const CommitBatch& batch) = 0;
  /// After the drop became visible, on the committer's executor. Rows go where the record is live;
  /// of one that was split only the log goes: its rows are its children's.
  virtual void reclaim(const PartitionRecord& dropped) = 0;

  /// Entries of the partition's log in (after, upto], all durable. Entries of one transaction are
  /// never parted, and the first transaction always comes whole.
  virtual Task<Result<LogEntries>> read_log(PartitionId partition, Timestamp after, Timestamp upto,
                                            const LogLimits& limits) = 0;
  /// Entries at or before `upto` may go. After a restart Recovered says at most how far this went.
  virtual Task<Result<>> trim_log(PartitionId partition, Timestamp upto) = 0;

  /// See Store::hold_moment.
  virtual Task<Result<std::unique_ptr<Moment>>> hold_moment() {
    co_return fail(ErrorCode::unsupported, "this store keeps nothing that could be backed up");
  }

  /// Nothing is under way any more, and nothing will be asked after.
  virtual Task<Result<>> close(Timestamp ceiling) = 0;
};

}  // namespace dyad::store
