#pragma once

#include <cstdint>

namespace dyad {

/// The only source of time above the runtime floor; injected, so that a simulation owns it.
/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01T00:00:00Z. May jump, also backwards.
  virtual std::int64_t wall_ms() const = 0;
  /// Microseconds since some moment; never goes backwards. For deadlines and measurements.
  virtual std::int64_t steady_us() const = 0;
};

/// A moment on Clock::steady_us by which work must be over. By default: never.
struct Deadline {
  std::int64_t steady_us = INT64_MAX;

  static Deadline never() { return {}; }
  static Deadline after_ms(const Clock& clock, std::int64_t ms) {
    return {clock.steady_us() + ms * 1000};
  }
  bool passed(const Clock& clock) const { return clock.steady_us() >= steady_us; }
};

}  // namespace dyad
