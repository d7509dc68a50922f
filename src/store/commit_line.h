#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace dyad::store {

/// The line of transactions that wait for the committer, told to those who decide at the door
/// whether more may come. Written by the sequencer under its mutex, read by any thread.
///
/// What the next batch takes is no line: whoever comes while a batch is under way waits for that
/// one and is done with the next, however slow the disk is, and refusing others would not help.
class CommitLine {
 public:
  struct Look {
    std::int64_t waited_us = 0;      ///< By who waits longest. 0: there is no line.
    std::uint64_t transactions = 0;  ///< In it.
  };
  /// `now_us`: by the steady clock.
  Look look(std::int64_t now_us) const {
    const std::int64_t oldest_us = oldest_us_.load(std::memory_order_relaxed);
    if (oldest_us == kNone) return {};
    return {now_us > oldest_us ? now_us - oldest_us : 0,
            transactions_.load(std::memory_order_relaxed)};
  }

  /// `oldest_us`: since when the first one waits.
  void stands(std::int64_t oldest_us, std::size_t transactions) {
    transactions_.store(transactions, std::memory_order_relaxed);
    oldest_us_.store(oldest_us, std::memory_order_relaxed);
  }
  void is_gone() { oldest_us_.store(kNone, std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kNone = INT64_MAX;
  std::atomic<std::int64_t> oldest_us_{kNone};
  std::atomic<std::uint64_t> transactions_{0};
};

}  // namespace dyad::store
