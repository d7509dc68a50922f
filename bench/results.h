#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phase.h"

namespace dyad::bench {

/// One case on one server, with what its rounds gave.
struct CaseResult {
  std::string name;
  std::string server;  ///< "dyad", a peer's name, or "engine": this process.
  std::string unit = "ops";
  std::vector<Phase> rounds;
};

/// A figure that stands for itself.
struct FactResult {
  std::string name;
  std::string server;
  std::string unit;
  std::vector<double> values;
};

struct Results {
  std::vector<CaseResult> cases;
  std::vector<FactResult> facts;
  std::vector<std::string> left_out;  ///< What was not measured, and why.
  bool failed = false;                ///< Dyad's own are among them.
};

/// The middle one of the rounds, and how far they lie apart.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};
Spread spread_of(std::vector<double> values);

/// A figure of a phase: its name in the JSON and how it is taken.
struct Figure {
  const char* name;
  std::function<double(const Phase&)> of;
};
const std::vector<Figure>& figures();

Spread spread_of(const CaseResult& result, std::string_view figure);
std::uint64_t errors_of(const CaseResult& result);

/// Of all rounds together; none: it was not measured.
std::optional<double> median_of(const Results& results, std::string_view name,
                                std::string_view server, std::string_view figure);
std::optional<double> fact_of(const Results& results, std::string_view name);

}  // namespace dyad::bench
