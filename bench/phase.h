#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "cpu_usage.h"
#include "histogram.h"
#include "memory_usage.h"
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
  /// What the last operation brought, in the case's unit: items of a page, bytes of an object.
  virtual std::uint64_t units() const { return 1; }
};

/// How far a phase has come.
struct PhaseProgress {
  std::uint64_t operations = 0;  ///< Begun.
  std::uint64_t of = 0;          ///< 0: as many as fit into the time.
  double seconds = 0;
};

struct PhasePlan {
  std::int64_t warm_up_ms = 1000;
  std::int64_t measure_ms = 3000;
  /// Operations of all drivers together, with neither warm-up nor end in time. 0: the times count.
  std::uint64_t operations = 0;
  /// A number of operations that takes longer than this has failed.
  std::int64_t limit_ms = kMaxCountedMs;
  /// Not 0: an open loop. Operations are due at this rate, whatever became of the ones before.
  double rate_per_s = 0;
  /// The process whose CPU and memory are asked for: the server, or this one. 0: unknown.
  pid_t subject = 0;
  /// Called now and then while the phase runs, so that a long one shows that it goes on.
  std::function<void(const PhaseProgress&)> progress;

  static constexpr std::int64_t kMaxCountedMs = 3600 * 1000;
  static constexpr std::int64_t kProgressMs = 10'000;
};

/// What happened between the warm-up and the end.
struct Phase {
  std::uint64_t operations = 0;
  std::uint64_t units = 0;
  std::uint64_t errors = 0;
  std::string first_error;
  double seconds = 0;
  Histogram latency_us;
  std::optional<CpuTimes> subject_cpu;
  std::optional<MemoryUse> subject_memory;  ///< At the end; its peak since the beginning.
  CpuTimes own_cpu;
  /// CPU that neither the subject nor this process used: what else the machine did.
  std::int64_t others_cpu_us = 0;
};

/// What time and CPUs did between two moments.
class Stopwatch {
 public:
  /// not_found: `subject` is not 0, and no process.
  static Result<Stopwatch> start(const Clock& clock, pid_t subject);
  /// Fills in seconds, CPU and memory.
  Result<> stop(Phase& phase) const;

 private:
  struct Moment {
    std::int64_t steady_us = 0;
    std::int64_t machine_us = 0;
    CpuTimes own;
    std::optional<CpuTimes> subject;
  };
  Stopwatch(const Clock& clock, pid_t subject) : clock_(&clock), subject_(subject) {}
  Result<Moment> now() const;

  const Clock* clock_;
  pid_t subject_;
  Moment began_;
};

/// Runs the drivers on `reactor`, which calls this.
///
/// Closed loop: every driver does one operation after the other, so that latency follows from the
/// number of drivers and the throughput. Where a number of operations is planned, and they are not
/// done within the limit, deadline_exceeded is among the errors.
///
/// Open loop: each operation has a moment at which it is due, and its latency counts from then,
/// also where every driver was still busy: a server that stalls is charged for all that would have
/// come meanwhile. Moments are whole milliseconds, those of the timers: what is due between two of
/// them comes together at the second. conflict: the server was not done with them after three times
/// as long.
Task<Result<Phase>> run_phase(Reactor& reactor, std::span<const std::unique_ptr<Driver>> drivers,
                              PhasePlan plan);

}  // namespace dyad::bench
