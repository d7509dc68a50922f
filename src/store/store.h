#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/named_type.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "runtime/task.h"
#include "store/moment.h"

namespace dyad::store {

// Ordered byte keys grouped in partitions, transactions over them, and a log for each partition.
//
// A row is a key and a value. The first byte of a key is its *kind*; the rest is what partitions
// are cut by: a partition holds, of every kind, the rows whose rest lies in [lower, upper). Values
// are never empty: emptiness is how some engines say "absent".

struct PartitionIdTag;
/// Never used twice.
using PartitionId = NamedType<std::uint64_t, PartitionIdTag>;

/// Always there, never split: the catalogue's rows live in it.
constexpr PartitionId kCatalogPartition{0};

constexpr std::size_t kMaxKeyBytes = 16384;
constexpr std::size_t kMaxValueBytes = 8u << 20;
/// Keys, values and log entries of one transaction together.
constexpr std::size_t kMaxTransactionBytes = 96u << 20;
/// An object of 10,000 parts replaces another one: the most that one transaction has to write.
constexpr std::size_t kMaxTransactionRows = 65536;
constexpr std::size_t kMaxDeclaredKeys = 4096;
/// How often a body may answer need_keys, retry or a stale declaration before transact gives up
/// (conflict).
constexpr int kMaxTransactionAttempts = 64;

enum class LatchMode : std::uint8_t { shared, exclusive };

/// A key that a transaction may read for its decision or write. Any byte string: latches are names,
/// and a row or a whole range may stand behind one by the callers' agreement.
struct DeclaredKey {
  PartitionId partition;
  std::string key;
  LatchMode mode = LatchMode::exclusive;
};

/// Where in a key, value or log entry the commit timestamp is to be written: eight bytes,
/// big-endian, at each offset. Until then the caller leaves zeros there, and the transaction's own
/// reads see zeros.
struct Stamps {
  std::array<std::uint32_t, 2> offsets{};
  std::uint8_t count = 0;

  static Stamps none() { return {}; }
  static Stamps at(std::uint32_t offset) { return {{offset, 0}, 1}; }
};

/// [begin, end) in key order; an empty `end` means the end of the partition. Both with their kind
/// byte.
struct ScanRange {
  std::string begin;
  std::string end;
  bool reverse = false;
};

struct ScanLimits {
  std::uint32_t rows = 1000;
  std::uint32_t bytes =
      1u << 20;  ///< Of keys and values; one row more than fits is never taken, the first always.
  std::uint32_t steps =
      10000;  ///< Rows visited, the erased ones that an engine has to skip among them.
};

/// Rows of one moment, back to back in one buffer.
class ScanPage {
 public:
  struct Row {
    std::string_view key;
    std::string_view value;
  };

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  Row operator[](std::size_t i) const {
    const Extent& e = rows_[i];
    const std::string_view all(bytes_);
    return {all.substr(e.key_at, e.key_bytes), all.substr(e.key_at + e.key_bytes, e.value_bytes)};
  }
  void add(std::string_view key, std::string_view value) {
    rows_.push_back({bytes_.size(), static_cast<std::uint32_t>(key.size()),
                     static_cast<std::uint32_t>(value.size())});
    bytes_.append(key);
    bytes_.append(value);
  }
  std::size_t bytes() const { return bytes_.size(); }

  /// Where to go on: the rest of the range asked for, same direction. None: the range is exhausted.
  /// A page may be empty and still have one (a step limit was reached).
  std::optional<ScanRange> next;

 private:
  struct Extent {
    std::size_t key_at;
    std::uint32_t key_bytes;
    std::uint32_t value_bytes;
  };
  std::string bytes_;
  std::vector<Extent> rows_;
};

/// The view a body has of the store, and the only way to write. Reads see all transactions ordered
/// before this one, durable or not, and its own writes. Used by one coroutine at a time.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// The row's value; none: no such row. Only what a latch of this transaction guards is stable.
  virtual Task<Result<std::optional<std::string>>> get(PartitionId partition,
                                                       std::string_view key) = 0;
  virtual Task<Result<ScanPage>> scan(PartitionId partition, const ScanRange& range,
                                      const ScanLimits& limits) = 0;

  // Writes are kept aside until the body ends well; then all of them happen or none. The last write
  // to a key wins. invalid_argument: an empty value, a key without a kind; too_large: a limit
  // above; not_owner: the partition is gone or does not hold that key.
  virtual Result<> put(PartitionId partition, std::string key, std::string value,
                       Stamps in_key = {}, Stamps in_value = {}) = 0;
  virtual Result<> erase(PartitionId partition, std::string key) = 0;
  /// Adds an entry to the partition's log. Entries of one transaction keep their order.
  virtual Result<> append(PartitionId partition, std::string entry, Stamps in_entry = {}) = 0;

  /// A new partition that holds every key. It exists if the transaction commits.
  virtual Result<PartitionId> create_partition() = 0;
  /// Its rows and log vanish at commit; space comes back later. Later use of the id: not_owner.
  virtual Result<> drop_partition(PartitionId partition) = 0;
  /// Cuts `parent` at `at` (a key without its kind byte, inside the parent's bounds): left holds
  /// the rest below, right from `at` on. The parent's id is not_owner for rows from the commit on;
  /// its log stays readable until trimmed and ends with the children's names. Each follower of the
  /// parent becomes one of both children, its cursor at the split: what it has yet to read there is
  /// kept. The caller holds exclusive whatever latch writers of the parent hold shared.
  struct Children {
    PartitionId left;
    PartitionId right;
  };
  virtual Result<Children> split_partition(PartitionId parent, std::string at) = 0;

  /// Moves the durable cursor of a follower: it has dealt with everything at or before `upto`. A
  /// cursor that is not there is made; max Timestamp removes it. See Store::read_log and trim.
  virtual Result<> set_cursor(std::string_view follower, PartitionId partition, Timestamp upto) = 0;

  /// Says that what this transaction writes is bookkeeping of what it lets go of (released bytes,
  /// the log's entry): it may use the space that is kept in reserve. One that puts no row and makes
  /// no partition may anyway. An engine without a reserve takes no note of it.
  virtual void makes_room() {}

  /// Wants more latches than were declared: `co_return fail(tx.need(std::move(keys)))`. The body
  /// runs again from the start with these added to its declaration; its writes are forgotten.
  virtual Error need(std::vector<DeclaredKey> keys) = 0;
};

/// Runs with all declared latches held. May run several times; whatever it leaves outside the
/// transaction must be set anew at each run. It never waits for a client, a stream or another
/// transaction. An error it returns aborts: nothing is written, and the error is transact's answer.
using Body = std::function<Task<Result<>>(Transaction&)>;

struct Commit {
  Timestamp timestamp;  ///< Of this transaction; zero: it wrote nothing.
};

struct LogEntry {
  Timestamp timestamp;
  std::string payload;
};

struct LogLimits {
  std::uint32_t entries = 1000;
  std::uint32_t bytes = 1u << 20;
};

struct LogPage {
  std::vector<LogEntry> entries;  ///< In order; the entries of one transaction are never parted.
  /// Whoever has read this page has seen every entry at or before this moment, and none at or
  /// before it will appear later. Where to read on.
  Timestamp complete_upto;
  /// The partition was split at `ended_at` and the page reaches its end: go on with the children's
  /// logs.
  bool ended = false;
  std::vector<PartitionId> children;
};

struct PartitionInfo {
  PartitionId id;
  std::string lower;  ///< Keys without kind; [lower, upper), empty upper: no bound.
  std::string upper;
  PartitionId parent;               ///< Of a split; itself: none.
  std::uint64_t written_bytes = 0;  ///< Since this process started; for split decisions.
  std::uint64_t writes = 0;         ///< Rows written since this process started.
};

/// What an engine is like, for callers that place rows.
struct Traits {
  /// How many partitions a new hash-placed table begins with. The hostile engine says several.
  std::uint32_t initial_partitions = 1;
};

/// One interface for every engine; the contract suite (store/contract_test.h) is its specification
/// in code. Thread-safe. Every call is made from a coroutine on an executor and resumes there.
/// Errors beside those named: deadline_exceeded, overloaded, io_error, no_space, corruption,
/// cancelled (the store is closing).
class Store {
 public:
  virtual ~Store() = default;

  /// Takes the declared latches in key order, runs `body`, fixes the transaction's place in the
  /// order, releases the latches, and answers when the transaction is durable. An abort that
  /// depended on transactions not yet durable waits until they are. conflict: it did not come
  /// through in kMaxTransactionAttempts runs.
  virtual Task<Result<Commit>> transact(std::vector<DeclaredKey> declared, Body body,
                                        Deadline deadline) = 0;

  // Plain reads see what is durable, and nothing else.

  virtual Task<Result<std::optional<std::string>>> get(PartitionId partition,
                                                       std::string_view key) = 0;
  /// Several rows of one partition, of one moment; as many results as keys, in their order.
  virtual Task<Result<std::vector<std::optional<std::string>>>> get_all(
      PartitionId partition, std::vector<std::string> keys) = 0;
  /// One page is one moment; successive pages are not. The range is clipped to the partition's
  /// bounds, kind by kind; not_owner where the partition is gone.
  virtual Task<Result<ScanPage>> scan(PartitionId partition, const ScanRange& range,
                                      const ScanLimits& limits) = 0;

  /// Entries after `after`, oldest first, durable ones only. out_of_range: entries after `after`
  /// were trimmed away. not_found: no such partition, or a dropped one.
  virtual Task<Result<LogPage>> read_log(PartitionId partition, Timestamp after,
                                         const LogLimits& limits) = 0;
  /// Entries at or before `upto` are no longer needed. Never passes the lowest cursor of any
  /// follower of the partition; answers how far it went. A partition that has no follower keeps
  /// what was not trimmed.
  virtual Task<Result<Timestamp>> trim_log(PartitionId partition, Timestamp upto) = 0;
  /// The follower's cursor; none: it has none on this partition.
  virtual Task<Result<std::optional<Timestamp>>> cursor(std::string_view follower,
                                                        PartitionId partition) = 0;

  /// Everything at or before this is durable and visible to plain reads.
  virtual Timestamp durable_upto() const = 0;
  virtual Result<PartitionInfo> partition(PartitionId id) const = 0;
  /// Live partitions, the catalogue's among them, by id.
  virtual std::vector<PartitionInfo> partitions() const = 0;
  virtual Traits traits() const = 0;

  /// All of the store at one moment, every transaction acknowledged before this call among it, held
  /// for a backup. Nobody waits for it. overloaded: one is held already. unsupported: an engine
  /// that keeps nothing.
  virtual Task<Result<std::unique_ptr<Moment>>> hold_moment();

  /// Finishes what is ordered, refuses the rest (cancelled), and makes the next start quick.
  /// Awaited once, before destruction.
  virtual Task<Result<>> close() = 0;
};

}  // namespace dyad::store
