#include "phase.h"

#include <unistd.h>

#include "runtime/completion.h"

namespace dyad::bench {
namespace {

/// After so many errors a phase ends early: it has failed already.
constexpr std::uint64_t kMaxErrors = 100;

struct Snapshot {
  std::int64_t steady_us = 0;
  std::int64_t machine_us = 0;
  CpuTimes own;
  std::optional<CpuTimes> subject;
};

Result<Snapshot> take_snapshot(const Clock& clock, pid_t subject) {
  Snapshot snapshot;
  if (subject != 0) {
    DYAD_TRY_ASSIGN(snapshot.subject, cpu_times_of(subject));
  }
  DYAD_TRY_ASSIGN(snapshot.own, cpu_times_of(::getpid()));
  DYAD_TRY_ASSIGN(snapshot.machine_us, machine_busy_us());
  snapshot.steady_us = clock.steady_us();
  return snapshot;
}

/// What the drivers of one phase share; touched on their reactor only.
struct Shared {
  const Clock& clock;
  Phase phase;
  std::uint64_t operations_left = UINT64_MAX;
  bool measuring = false;
  bool stopping = false;
  std::size_t running = 0;
  Completion<bool> over;
};

Task<void> drive(Reactor& reactor, Driver& driver, Shared& shared) {
  std::int64_t began_us = shared.clock.steady_us();
  while (!shared.stopping && shared.operations_left > 0) {
    --shared.operations_left;
    const Result<> done = co_await driver.operate();
    const std::int64_t now_us = shared.clock.steady_us();
    if (!done) {
      if (shared.phase.errors++ == 0) shared.phase.first_error = done.error().to_string();
      if (shared.phase.errors >= kMaxErrors) shared.stopping = true;
    } else if (shared.measuring) {
      ++shared.phase.operations;
      shared.phase.latency_us.record(static_cast<std::uint64_t>(now_us - began_us));
    }
    // An operation that never waits must not keep the others, and the clock, from their turn.
    co_await resume_on(reactor);
    began_us = shared.clock.steady_us();
  }
  if (--shared.running == 0) shared.over.set(true);
}

void take_difference(Phase& phase, const Snapshot& before, const Snapshot& after) {
  phase.seconds = static_cast<double>(after.steady_us - before.steady_us) * 1e-6;
  phase.own_cpu = after.own - before.own;
  phase.others_cpu_us = after.machine_us - before.machine_us - phase.own_cpu.total_us();
  if (!after.subject) return;
  phase.subject_cpu = *after.subject - *before.subject;
}

}  // namespace

Task<Result<Phase>> run_phase(Reactor& reactor, std::span<const std::unique_ptr<Driver>> drivers,
                              PhasePlan plan) {
  const bool counted = plan.operations > 0;
  Shared shared{reactor.clock(), {}, counted ? plan.operations : UINT64_MAX, counted, false, 0, {}};
  shared.running = drivers.size();
  const std::int64_t start_us = shared.clock.steady_us();
  for (const std::unique_ptr<Driver>& driver : drivers)
    reactor.spawn(drive(reactor, *driver, shared));

  Result<Snapshot> before = take_snapshot(shared.clock, plan.subject);
  if (!counted) {
    co_await SleepUntil(start_us + plan.warm_up_ms * 1000);
    before = take_snapshot(shared.clock, plan.subject);
    shared.measuring = true;
    co_await SleepUntil(start_us + (plan.warm_up_ms + plan.measure_ms) * 1000);
    shared.measuring = false;
    shared.stopping = true;
  }
  Result<Snapshot> after = take_snapshot(shared.clock, plan.subject);
  co_await shared.over;
  if (counted) after = take_snapshot(shared.clock, plan.subject);
  if (!before) co_return fail(std::move(before).error());
  if (!after) co_return fail(std::move(after).error());
  take_difference(shared.phase, *before, *after);
  // The engine runs in this process: there the subject is no one else.
  if (plan.subject != 0 && plan.subject != ::getpid())
    shared.phase.others_cpu_us -= shared.phase.subject_cpu->total_us();
  co_return std::move(shared.phase);
}

}  // namespace dyad::bench
