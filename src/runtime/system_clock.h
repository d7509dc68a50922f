#pragma once

#include "base/clock.h"

namespace dyad {

/// The machine's clocks (CLOCK_REALTIME, CLOCK_MONOTONIC), some 25 ns a call.
class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t steady_us() const override;
};

}  // namespace dyad
