#include "phase.h"

#include <unistd.h>

#include <cmath>

#include "runtime/completion.h"

namespace dyad::bench {
namespace {

/// After so many errors a phase ends early: it has failed already.
constexpr std::uint64_t kMaxErrors = 100;
/// An open loop that takes this many times as long as planned has failed.
constexpr std::int64_t kMaxOverrun = 3;
constexpr std::int64_t kTickUs = 1000;

/// What the drivers of one phase share; touched on their reactor only.
struct Shared {
  const Clock& clock;
  const PhasePlan plan;
  const std::int64_t start_us;
  Phase phase;
  std::uint64_t operations_left = UINT64_MAX;
  std::uint64_t begun = 0;
  std::int64_t next_progress_us = start_us + PhasePlan::kProgressMs * 1000;
  std::uint64_t operations_due = 0;  ///< Handed out; of an open loop.
  bool measuring = false;
  bool stopping = false;
  std::size_t running = 0;
  Completion<bool> over{};

  std::int64_t end_of_warm_up_us() const { return start_us + plan.warm_up_ms * 1000; }
  std::int64_t limit_us() const { return start_us + plan.limit_ms * 1000; }
  std::int64_t end_us() const { return end_of_warm_up_us() + plan.measure_ms * 1000; }
};

void show_progress(Shared& shared, std::int64_t now_us) {
  ++shared.begun;
  if (now_us < shared.next_progress_us || !shared.plan.progress) return;
  shared.next_progress_us = now_us + PhasePlan::kProgressMs * 1000;
  shared.plan.progress(
      {shared.begun, shared.plan.operations, static_cast<double>(now_us - shared.start_us) * 1e-6});
}

void record(Shared& shared, const Driver& driver, const Result<>& done, std::int64_t began_us,
            bool counts) {
  if (!done) {
    if (shared.phase.errors++ == 0) shared.phase.first_error = done.error().to_string();
    if (shared.phase.errors >= kMaxErrors) shared.stopping = true;
  } else if (counts) {
    ++shared.phase.operations;
    shared.phase.units += driver.units();
    shared.phase.latency_us.record(static_cast<std::uint64_t>(shared.clock.steady_us() - began_us));
  }
}

Task<void> drive(Reactor& reactor, Driver& driver, Shared& shared) {
  std::int64_t began_us = shared.clock.steady_us();
  while (!shared.stopping && shared.operations_left > 0) {
    if (shared.plan.operations > 0 && began_us > shared.limit_us()) {
      record(shared, driver, fail(ErrorCode::deadline_exceeded, "it takes longer than it may"),
             began_us, false);
      shared.stopping = true;
      break;
    }
    --shared.operations_left;
    show_progress(shared, began_us);
    const Result<> done = co_await driver.operate();
    record(shared, driver, done, began_us, shared.measuring);
    // An operation that never waits must not keep the others, and the clock, from their turn.
    co_await resume_on(reactor);
    began_us = shared.clock.steady_us();
  }
  if (--shared.running == 0) shared.over.set(true);
}

std::int64_t next_due_us(Shared& shared) {
  const double after_us =
      static_cast<double>(shared.operations_due++) * 1e6 / shared.plan.rate_per_s;
  const std::int64_t due_us = shared.start_us + static_cast<std::int64_t>(std::ceil(after_us));
  return (due_us + kTickUs - 1) / kTickUs * kTickUs;
}

Task<void> drive_at_rate(Reactor& reactor, Driver& driver, Shared& shared) {
  const std::int64_t last_us = shared.start_us + kMaxOverrun * (shared.end_us() - shared.start_us);
  while (!shared.stopping) {
    const std::int64_t due_us = next_due_us(shared);
    if (due_us >= shared.end_us()) break;
    if (shared.clock.steady_us() > last_us) {
      record(shared, driver, fail(ErrorCode::conflict, "the server does not keep up with the rate"),
             due_us, false);
      break;
    }
    if (due_us > shared.clock.steady_us()) co_await SleepUntil(due_us);
    show_progress(shared, shared.clock.steady_us());
    const Result<> done = co_await driver.operate();
    record(shared, driver, done, due_us, due_us >= shared.end_of_warm_up_us());
    co_await resume_on(reactor);
  }
  if (--shared.running == 0) shared.over.set(true);
}

}  // namespace

Result<Stopwatch::Moment> Stopwatch::now() const {
  Moment moment;
  if (subject_ != 0) {
    DYAD_TRY_ASSIGN(moment.subject, cpu_times_of(subject_));
  }
  DYAD_TRY_ASSIGN(moment.own, cpu_times_of(::getpid()));
  DYAD_TRY_ASSIGN(moment.machine_us, machine_busy_us());
  moment.steady_us = clock_->steady_us();
  return moment;
}

Result<Stopwatch> Stopwatch::start(const Clock& clock, pid_t subject) {
  Stopwatch watch(clock, subject);
  if (subject != 0 && subject != ::getpid()) reset_memory_peak(subject);
  DYAD_TRY_ASSIGN(watch.began_, watch.now());
  return watch;
}

Result<> Stopwatch::stop(Phase& phase) const {
  DYAD_TRY_ASSIGN(const Moment ended, now());
  phase.seconds = static_cast<double>(ended.steady_us - began_.steady_us) * 1e-6;
  phase.own_cpu = ended.own - began_.own;
  phase.others_cpu_us = ended.machine_us - began_.machine_us - phase.own_cpu.total_us;
  if (subject_ == 0) return {};
  phase.subject_cpu = *ended.subject - *began_.subject;
  DYAD_TRY_ASSIGN(phase.subject_memory, memory_use_of(subject_));
  // The engine runs in this process: there the subject is no one else.
  if (subject_ != ::getpid()) phase.others_cpu_us -= phase.subject_cpu->total_us;
  return {};
}

Task<Result<Phase>> run_phase(Reactor& reactor, std::span<const std::unique_ptr<Driver>> drivers,
                              PhasePlan plan) {
  const bool counted = plan.operations > 0;
  const bool open = plan.rate_per_s > 0;
  DYAD_CHECK(!drivers.empty() && !(counted && open));
  DYAD_CO_TRY_ASSIGN(Stopwatch watch, Stopwatch::start(reactor.clock(), plan.subject));
  Shared shared{reactor.clock(), plan, reactor.clock().steady_us(), {}};
  if (counted) shared.operations_left = plan.operations;
  shared.measuring = counted;
  shared.running = drivers.size();
  for (const std::unique_ptr<Driver>& driver : drivers) {
    reactor.spawn(open ? drive_at_rate(reactor, *driver, shared) : drive(reactor, *driver, shared));
  }

  // From here on the drivers must have ended before this returns, whatever happens.
  Result<> stopped;
  if (!counted) {
    co_await SleepUntil(shared.end_of_warm_up_us());
    if (auto again = Stopwatch::start(reactor.clock(), plan.subject)) {
      watch = *again;
    } else {
      stopped = fail(std::move(again).error());
    }
    shared.measuring = true;
    co_await SleepUntil(shared.end_us());
    shared.measuring = false;
    shared.stopping = !open;
    if (stopped) stopped = watch.stop(shared.phase);
  }
  co_await shared.over;
  if (counted) stopped = watch.stop(shared.phase);
  DYAD_CO_TRY(std::move(stopped));
  co_return std::move(shared.phase);
}

}  // namespace dyad::bench
