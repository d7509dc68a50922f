#include "progress.h"

#include <fmt/core.h>

namespace dyad::bench {

void Progress::say(std::string_view what) const {
  if (quiet_) return;
  const auto seconds = static_cast<double>(clock_.steady_us() - began_us_) * 1e-6;
  fmt::print(stderr, "[{:4.0f} s] {}\n", seconds, what);
}

std::function<void(const PhaseProgress&)> Progress::of(std::string what) const {
  return [this, what = std::move(what)](const PhaseProgress& progress) {
    say(fmt::format("  {}: {}", what, told(progress)));
  };
}

std::string told(const PhaseProgress& progress) {
  const std::string of = progress.of > 0 ? fmt::format(" of {}", progress.of) : "";
  return fmt::format("{}{}, {:.0f} s", progress.operations, of, progress.seconds);
}

}  // namespace dyad::bench
