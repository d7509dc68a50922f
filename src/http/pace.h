#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace dyad::http {

/// The slowest a peer may be.
struct PaceLimits {
  std::int64_t min_bytes_per_s = 4 * 1024;
  std::int64_t grace_ms = 20'000;  ///< On top of what the rate allows, for one body.
  std::int64_t stall_ms = 60'000;  ///< The longest without a single byte.
};

/// Measures one body against the limits. Only time spent waiting for the peer counts: a handler
/// that does not read does not make its client slow.
class Pace {
 public:
  Pace(const Clock& clock, const PaceLimits& limits) : clock_(clock), limits_(limits) {}

  void restart() { waited_us_ = bytes_ = 0; }
  /// Before a wait: until when it may last.
  Deadline start_wait() {
    started_us_ = clock_.steady_us();
    const std::int64_t earned_us = static_cast<std::int64_t>(
        static_cast<double>(bytes_) * 1e6 / static_cast<double>(limits_.min_bytes_per_s));
    const std::int64_t left_us = limits_.grace_ms * 1000 + earned_us - waited_us_;
    return {started_us_ + std::clamp<std::int64_t>(left_us, 0, limits_.stall_ms * 1000)};
  }
  void end_wait(std::size_t bytes) {
    waited_us_ += clock_.steady_us() - started_us_;
    bytes_ += static_cast<std::int64_t>(bytes);
  }
  /// For a write of so many bytes.
  Deadline for_write(std::size_t bytes) const {
    const std::int64_t fair_us =
        static_cast<std::int64_t>(bytes) * 1'000'000 / limits_.min_bytes_per_s;
    return {clock_.steady_us() + limits_.grace_ms * 1000 + fair_us};
  }

 private:
  const Clock& clock_;
  PaceLimits limits_;
  std::int64_t started_us_ = 0;
  std::int64_t waited_us_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace dyad::http
