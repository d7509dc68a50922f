#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "base/timestamp.h"

namespace dyad::store {

/// How far a wall clock may lag behind what was stored before it is reported, and how far ahead a
/// remote timestamp may be before it is refused.
constexpr std::int64_t kMaxClockSkewMs = 60'000;

/// Hybrid logical clock: the wall clock where it moves forward, one tick more than the last where
/// it does not. What it gives is strictly increasing for as long as each new clock starts from a
/// ceiling at or above all that the one before gave. Thread-safe.
class HybridClock {
 public:
  /// `ceiling`: the highest timestamp that may have been given before; the first one is above it.
  HybridClock(const Clock& wall, Timestamp ceiling);

  Timestamp next();
  /// The highest given or observed so far.
  Timestamp last() const { return Timestamp(last_.load(std::memory_order_acquire)); }
  /// From here on next() is above `remote`. out_of_range: it is more than kMaxClockSkewMs ahead of
  /// the wall clock; a clock dragged that far by one broken peer would never come back.
  Result<> observe(Timestamp remote);

  /// How often a wall clock more than kMaxClockSkewMs behind was logged (0 or 1).
  int reports() const { return reported_.load() ? 1 : 0; }

 private:
  void report_once(std::int64_t wall_ms, std::uint64_t last);

  const Clock& wall_;
  std::atomic<std::uint64_t> last_;
  std::atomic<bool> reported_{false};
};

}  // namespace dyad::store
