#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "cpu_usage.h"
#include "histogram.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace dyad::bench {

/// One of the clients that work at the same time: a connection, or a coroutine over the engine. All
/// of a phase run on one reactor.
class Driver {
 public:
  virtual ~Driver() = default;
  /// One operation, begun and ended. An error fails the run.
  virtual Task<Result<>> operate() = 0;
};

struct PhasePlan {
  std::int64_t warm_up_ms = 1000;
  std::int64_t measure_ms = 3000;
  /// Operations of all drivers together, with neither warm-up nor end in time. 0: the times count.
  std::uint64_t operations = 0;
  /// The process whose CPU is asked for: the server, or this one. 0: unknown.
  pid_t subject = 0;
};

/// What happened between the warm-up and the end.
struct Phase {
  std::uint64_t operations = 0;
  std::uint64_t errors = 0;
  std::string first_error;
  double seconds = 0;
  Histogram latency_us;
  std::optional<CpuTimes> subject_cpu;
  CpuTimes own_cpu;
  /// CPU that neither the subject nor this process used: what else the machine did.
  std::int64_t others_cpu_us = 0;
};

/// Every driver does one operation after the other, from the start of the phase to its end: a
/// closed loop, in which latency follows from the number of drivers and the throughput. Called on
/// `reactor`.
Task<Result<Phase>> run_phase(Reactor& reactor, std::span<const std::unique_ptr<Driver>> drivers,
                              PhasePlan plan);

}  // namespace dyad::bench
