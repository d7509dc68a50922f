#pragma once

#include <string>
#include <vector>

#include "results.h"

namespace dyad::bench {

/// What Dyad is meant to reach, held against what was measured. Rates are those of one core of the
/// server: units by the CPU seconds that it used for them; where a stream or the disk is the bound,
/// they are those of the clock.
struct Aim {
  std::string what;
  std::string unit;
  bool at_most = true;
  double aim = 0;
  double measured = 0;

  bool met() const { return at_most ? measured <= aim : measured >= aim; }
};

/// Those of which everything that they need was measured.
std::vector<Aim> held_against_aims(const Results& results);

}  // namespace dyad::bench
