#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "phase.h"

namespace dyad::bench {

/// One case with what its rounds gave.
struct CaseResult {
  std::string name;
  bool over_http = true;
  std::vector<Phase> rounds;
};

/// The middle one of the rounds, and how far they lie apart.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};
Spread spread_of(std::vector<double> values);

/// What the figures were taken on.
struct Machine {
  std::string date;    ///< UTC, ISO 8601.
  std::string cpu;     ///< "AMD EPYC", from /proc/cpuinfo.
  unsigned cpus = 0;   ///< Usable ones.
  std::string kernel;  ///< "Linux 6.1.0 x86_64".
  std::string file_system;
};
Machine look_at_machine(std::string file_system);

/// For people: what was run where, and a line a case.
std::string text_report(const Options& options, const Machine& machine,
                        const std::vector<CaseResult>& results);
/// Everything, each round too.
std::string json_report(const Options& options, const Machine& machine,
                        const std::vector<CaseResult>& results);

}  // namespace dyad::bench
