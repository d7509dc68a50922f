#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace dyad::http {

/// The memory that all bodies (or all large heads) together may take which are held while they are
/// read. Whoever asks beyond it is refused at once and never waits, so that requests that hold a
/// part cannot wait for each other. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  bool take(std::size_t bytes);
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t limit_bytes() const { return limit_bytes_; }
  std::size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_bytes_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::uint64_t> refused_{0};
};

/// One thread's way to the budget: keeps a little of it, so that small bodies touch nothing shared.
class LocalBudget {
 public:
  /// What is asked for at a time, and kept at most twice.
  static constexpr std::size_t kStepBytes = 256 * 1024;

  explicit LocalBudget(MemoryBudget& shared) : shared_(shared) {}
  ~LocalBudget() { shared_.give(spare_bytes_); }
  LocalBudget(const LocalBudget&) = delete;
  LocalBudget& operator=(const LocalBudget&) = delete;

  bool take(std::size_t bytes);
  void give(std::size_t bytes);

 private:
  MemoryBudget& shared_;
  std::size_t spare_bytes_ = 0;
};

/// What one request holds of the budget; given back when it goes.
class BudgetShare {
 public:
  explicit BudgetShare(LocalBudget& budget) : budget_(budget) {}
  ~BudgetShare() { budget_.give(held_bytes_); }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;

  /// `overloaded`, and nothing taken: the budget is spent.
  Result<> add(std::size_t bytes);
  void give_back(std::size_t bytes);
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  LocalBudget& budget_;
  std::size_t held_bytes_ = 0;
};

}  // namespace dyad::http
