#pragma once

#include <string>
#include <vector>

#include "options.h"
#include "results.h"

namespace dyad::bench {

/// What the figures were taken on.
struct Machine {
  std::string date;    ///< UTC, ISO 8601.
  std::string cpu;     ///< "AMD EPYC", from /proc/cpuinfo.
  unsigned cpus = 0;   ///< Usable ones.
  std::string kernel;  ///< "Linux 6.1.0 x86_64".
  std::string file_system;
  std::vector<std::string> servers;  ///< "redis 7.0.15": the peers.
};
Machine look_at_machine(std::string file_system);

/// For people: what was run where, a line a case and server, and the aims.
std::string text_report(const Options& options, const Machine& machine, const Results& results);
/// Everything, each round too.
std::string json_report(const Options& options, const Machine& machine, const Results& results);

}  // namespace dyad::bench
