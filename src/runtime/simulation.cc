#include "runtime/simulation.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"

namespace dyad {
namespace {

constexpr std::uint64_t kHashSeed = 0xcbf29ce484222325ull;

// Streams of one seed that must not be the same numbers.
constexpr std::uint64_t kComponentStream = 0x9e3779b97f4a7c15ull;
constexpr std::uint64_t kDiskStream = 0xd1b54a32d192ed03ull;

/// One in so many worker jobs begins late; one in so many leaps of time moves the wall clock.
constexpr std::uint64_t kLateJobOneIn = 4;
constexpr std::uint64_t kWallJumpOneIn = 8;

}  // namespace

class Simulation::SimExecutor final : public Executor {
 public:
  SimExecutor(Simulation& simulation, std::uint32_t number)
      : simulation_(simulation), number_(number) {}
  ~SimExecutor() override { simulation_.retire(*this); }

  void post(std::coroutine_handle<> handle) override { simulation_.post(*this, handle); }
  void arm(TimerEntry& timer) override { simulation_.arm(*this, timer); }
  void disarm(TimerEntry& timer) override { simulation_.disarm(timer); }

  std::uint32_t number() const { return number_; }
  /// Makes it (or, for a worker's job, no executor) the current one; answers which was.
  static Executor* enter(Executor* executor) {
    Executor* const before = current();
    set_current(executor);
    return before;
  }

 private:
  Simulation& simulation_;
  const std::uint32_t number_;
};

Simulation::Simulation(std::uint64_t seed) : Simulation(Options{.seed = seed}) {}

Simulation::Simulation(Options options)
    : options_(options),
      choices_(options.seed),
      clock_(options.start_wall_ms),
      random_(options.seed ^ kComponentStream),
      files_(options.files),
      workers_(*this),
      trace_hash_(kHashSeed) {
  if (files_ == nullptr) {
    own_files_ = std::make_unique<SimFiles>(
        SimFiles::Options{.seed = options.seed ^ kDiskStream, .clock = &clock_});
    files_ = own_files_.get();
  }
  main_ = make_dedicated("main");
}

Simulation::~Simulation() {
  ending_ = true;
}

std::unique_ptr<Executor> Simulation::make_dedicated(std::string_view) {
  check_thread();
  return std::make_unique<SimExecutor>(*this, next_executor_++);
}

SimFiles& Simulation::sim_files() {
  DYAD_CHECK(own_files_ != nullptr);
  return *own_files_;
}

void Simulation::note(std::uint64_t value) {
  // SplitMix64's finalizer, so that every bit of every note moves the hash.
  trace_hash_ = (trace_hash_ ^ value) * 0xbf58476d1ce4e5b9ull;
  trace_hash_ ^= trace_hash_ >> 31;
}

bool Simulation::submit(std::function<void()> job) {
  check_thread();
  if (queued_jobs_ >= options_.max_queued_jobs) return false;
  ++queued_jobs_;
  Step step{.id = next_id_++, .job = std::move(job)};
  if (options_.max_job_delay_us > 0 && choices_.below(kLateJobOneIn) == 0) {
    const std::int64_t delay_us = 1 + static_cast<std::int64_t>(choices_.below(
                                          static_cast<std::uint64_t>(options_.max_job_delay_us)));
    const Moment moment{clock_.steady_us() + delay_us, step.id};
    later_.emplace(moment, std::move(step));
  } else {
    runnable_.push_back(std::move(step));
  }
  return true;
}

void Simulation::post(SimExecutor& executor, std::coroutine_handle<> coroutine) {
  check_thread();
  runnable_.push_back({.id = next_id_++, .executor = &executor, .coroutine = coroutine});
}

void Simulation::arm(SimExecutor& executor, TimerEntry& timer) {
  check_thread();
  DYAD_CHECK(!timer.armed);
  timer.armed = true;
  const std::uint64_t id = next_id_++;
  later_.emplace(Moment{timer.due_steady_us, id},
                 Step{.id = id, .executor = &executor, .timer = &timer});
}

void Simulation::disarm(TimerEntry& timer) {
  check_thread();
  if (!timer.armed) return;
  timer.armed = false;
  const auto is_this = [&](const Step& step) { return step.timer == &timer; };
  std::erase_if(runnable_, is_this);
  for (auto at = later_.lower_bound({timer.due_steady_us, 0}); at != later_.end(); ++at) {
    if (!is_this(at->second)) continue;
    later_.erase(at);
    return;
  }
}

void Simulation::retire(SimExecutor& executor) {
  std::erase_if(later_, [&](const auto& entry) { return entry.second.executor == &executor; });
  // What was posted still runs; but when all ends, what is left on the main executor is left.
  if (ending_) return;
  for (;;) {
    std::vector<std::size_t> own;
    for (std::size_t i = 0; i < runnable_.size(); ++i) {
      if (runnable_[i].executor == &executor) own.push_back(i);
    }
    if (own.empty()) return;
    take(own[choices_.below(own.size())]);
  }
}

void Simulation::take(std::size_t index) {
  if (++steps_ > options_.max_steps) give_up("it exceeds its step limit");
  Step step = std::move(runnable_[index]);
  if (index + 1 != runnable_.size()) runnable_[index] = std::move(runnable_.back());
  runnable_.pop_back();
  note(step.id);
  note(static_cast<std::uint64_t>(clock_.steady_us()));

  Executor* const before = SimExecutor::enter(step.executor);
  if (step.coroutine) {
    step.coroutine.resume();
  } else if (step.timer != nullptr) {
    step.timer->armed = false;
    step.timer->fire(*step.timer);
  } else {
    --queued_jobs_;
    step.job();
  }
  SimExecutor::enter(before);
}

void Simulation::collect_due() {
  while (!later_.empty() && later_.begin()->first.due_us <= clock_.steady_us()) {
    runnable_.push_back(std::move(later_.begin()->second));
    later_.erase(later_.begin());
  }
}

bool Simulation::step() {
  collect_due();
  if (runnable_.empty()) return false;
  take(choices_.below(runnable_.size()));
  return true;
}

bool Simulation::leap(std::int64_t limit_us) {
  if (later_.empty() || later_.begin()->first.due_us > limit_us) return false;
  clock_.set(std::max(later_.begin()->first.due_us, clock_.steady_us()));
  if (options_.max_wall_jump_ms > 0 && choices_.below(kWallJumpOneIn) == 0) {
    const auto range = static_cast<std::uint64_t>(options_.max_wall_jump_ms);
    clock_.jump(static_cast<std::int64_t>(choices_.below(2 * range + 1)) -
                options_.max_wall_jump_ms);
  }
  return true;
}

void Simulation::drive(const std::function<bool()>& done) {
  check_thread();
  while (!done()) {
    if (step()) continue;
    if (!leap(INT64_MAX)) give_up("the task is not done, and nothing is left that could run");
  }
}

void Simulation::run_until_idle() {
  check_thread();
  while (step()) {
  }
}

void Simulation::run_for_ms(std::int64_t ms) {
  check_thread();
  const std::int64_t end_us = clock_.steady_us() + ms * 1000;
  while (step() || leap(end_us)) {
  }
  clock_.set(std::max(end_us, clock_.steady_us()));
}

void Simulation::give_up(const char* why) const {
  std::fprintf(stderr, "simulation of seed %llu after %llu steps: %s; replay with DYAD_SEED=%llu\n",
               static_cast<unsigned long long>(options_.seed),
               static_cast<unsigned long long>(steps_), why,
               static_cast<unsigned long long>(options_.seed));
  check_failed(why, __FILE__, __LINE__);
}

void Simulation::check_thread() const {
  DYAD_CHECK(std::this_thread::get_id() == thread_);
}

}  // namespace dyad
