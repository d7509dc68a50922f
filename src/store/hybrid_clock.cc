#include "store/hybrid_clock.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace dyad::store {

HybridClock::HybridClock(const Clock& wall, Timestamp ceiling)
    : wall_(wall), last_(ceiling.value()) {
  report_once(wall.wall_ms(), ceiling.value());
}

Timestamp HybridClock::next() {
  const std::int64_t now_ms = std::max<std::int64_t>(0, wall_.wall_ms());
  const std::uint64_t physical = timestamp_at_ms(now_ms).value();
  std::uint64_t last = last_.load(std::memory_order_acquire);
  std::uint64_t given;
  do {
    DYAD_CHECK(last != UINT64_MAX);
    given = std::max(physical, last + 1);
  } while (!last_.compare_exchange_weak(last, given, std::memory_order_acq_rel));
  if (given > physical) report_once(now_ms, last);
  return Timestamp(given);
}

Result<> HybridClock::observe(Timestamp remote) {
  const std::int64_t ahead_ms = dyad::wall_ms(remote) - wall_.wall_ms();
  if (ahead_ms > kMaxClockSkewMs) {
    return fail(ErrorCode::out_of_range,
                "a remote timestamp is " + std::to_string(ahead_ms) + " ms ahead of this clock");
  }
  std::uint64_t last = last_.load(std::memory_order_acquire);
  while (last < remote.value() &&
         !last_.compare_exchange_weak(last, remote.value(), std::memory_order_acq_rel)) {
  }
  return {};
}

void HybridClock::report_once(std::int64_t wall_ms, std::uint64_t last) {
  const std::int64_t behind_ms = dyad::wall_ms(Timestamp(last)) - wall_ms;
  if (behind_ms <= kMaxClockSkewMs || reported_.exchange(true)) return;
  log::warning("the wall clock is behind what this store has already stamped", "behind_ms={}",
               behind_ms);
}

}  // namespace dyad::store
