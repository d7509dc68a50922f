#include "runtime/system_clock.h"

#include <time.h>

namespace dyad {

std::int64_t SystemClock::wall_ms() const {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

std::int64_t SystemClock::steady_us() const {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace dyad
