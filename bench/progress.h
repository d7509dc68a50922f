#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "phase.h"

namespace dyad::bench {

/// What the run is at, on stderr, with the seconds since it began. A long run shows that it goes
/// on.
class Progress {
 public:
  /// `clock` outlives it.
  Progress(const Clock& clock, bool quiet)
      : clock_(clock), quiet_(quiet), began_us_(clock.steady_us()) {}

  void say(std::string_view what) const;
  /// For PhasePlan: says how far `what` has come. This object outlives the phase.
  std::function<void(const PhaseProgress&)> of(std::string what) const;

 private:
  const Clock& clock_;
  const bool quiet_;
  const std::int64_t began_us_;
};

/// "430000 of 1000000, 20 s", or "430000, 20 s".
std::string told(const PhaseProgress& progress);

}  // namespace dyad::bench
