#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/executor.h"
#include "store/store.h"

namespace dyad::store {

/// How many may wait for one latch; the next is `overloaded`.
constexpr std::uint32_t kMaxLatchWaiters = 16384;

/// Sorts by (partition, key) and folds duplicates; exclusive wins. Everybody takes latches in this
/// order, so that nobody waits in a circle.
void normalise(std::vector<DeclaredKey>& declared);

/// Shared and exclusive latches, by partition and key. First come, first served: a shared request
/// does not overtake a waiting exclusive one. Waiting suspends the coroutine; threads only ever
/// hold a stripe's mutex for a few instructions. Thread-safe.
class LatchTable {
  struct Waiter;
  struct Latch;
  struct Stripe;

 public:
  LatchTable();
  ~LatchTable();
  LatchTable(const LatchTable&) = delete;
  LatchTable& operator=(const LatchTable&) = delete;

  enum class Grant : std::uint8_t { granted, deadline_exceeded, overloaded };

  /// Latches held by one transaction; lets go of them when destroyed. Used by one coroutine at a
  /// time.
  class Set {
   public:
    explicit Set(LatchTable& table) : table_(table) {}
    ~Set() { release(); }
    Set(const Set&) = delete;
    Set& operator=(const Set&) = delete;

    class Take;
    /// `co_await set.take(key, deadline)`. Keys in the order of normalise().
    Take take(const DeclaredKey& key, Deadline deadline);
    void reserve(std::size_t count) { held_.reserve(count); }
    void release();
    std::size_t size() const { return held_.size(); }

   private:
    struct Hold {
      Latch* latch;
      LatchMode mode;
    };
    LatchTable& table_;
    std::vector<Hold> held_;
  };

  /// Latches that somebody holds now; for tests and metrics.
  std::size_t held_count() const;

 private:
  struct Waiter : TimerEntry {
    Latch* latch = nullptr;
    LatchMode mode = LatchMode::exclusive;
    Executor* executor = nullptr;
    std::coroutine_handle<> handle;
    Waiter* ahead = nullptr;
    Waiter* behind = nullptr;
    Grant outcome = Grant::granted;
    bool queued = false;
  };

  static constexpr std::size_t kStripes = 256;
  static constexpr std::size_t kBuckets = 16;
  static constexpr std::size_t kSpareLatches = 32;

  struct Latch {
    std::uint64_t hash = 0;
    PartitionId partition;
    std::string key;
    Stripe* stripe = nullptr;
    Latch* next = nullptr;  // in its bucket, or among the spare ones
    std::uint32_t sharers = 0;
    bool exclusive = false;
    std::uint32_t waiting = 0;
    Waiter* first = nullptr;
    Waiter* last = nullptr;

    bool admits(LatchMode mode) const {
      return mode == LatchMode::shared ? !exclusive : !exclusive && sharers == 0;
    }
    void hold(LatchMode mode) {
      if (mode == LatchMode::shared) {
        ++sharers;
      } else {
        exclusive = true;
      }
    }
  };

  struct alignas(64) Stripe {
    std::mutex mutex;
    std::array<Latch*, kBuckets> buckets{};
    Latch* spare = nullptr;
    std::size_t spares = 0;
  };

  static std::uint64_t hash_of(PartitionId partition, std::string_view key);
  static Latch*& bucket_of(Stripe& stripe, std::uint64_t hash);
  static Latch& find_or_make(Stripe& stripe, std::uint64_t hash, const DeclaredKey& key);
  static void retire_if_free(Stripe& stripe, Latch& latch);
  static void unlink(Latch& latch, Waiter& waiter);
  /// Moves who may go on now from the queue of `latch` onto a list linked by `behind`.
  static Waiter* grant_next(Latch& latch);
  static void resume_all(Waiter* granted);
  static void release(Latch& latch, LatchMode mode);
  static void on_deadline(TimerEntry& timer);

  std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
};

class LatchTable::Set::Take {
 public:
  Take(Set& set, const DeclaredKey& key, Deadline deadline)
      : set_(set), key_(key), deadline_(deadline) {}
  Take(const Take&) = delete;
  Take& operator=(const Take&) = delete;

  bool await_ready() const noexcept { return false; }
  /// Takes the latch at once and goes on (false), or joins its queue.
  bool await_suspend(std::coroutine_handle<> handle);
  Grant await_resume();

 private:
  Set& set_;
  const DeclaredKey& key_;
  Deadline deadline_;
  Waiter waiter_;
};

inline LatchTable::Set::Take LatchTable::Set::take(const DeclaredKey& key, Deadline deadline) {
  return Take(*this, key, deadline);
}

}  // namespace dyad::store
