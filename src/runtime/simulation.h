#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/runtime.h"
#include "runtime/sim_files.h"
#include "runtime/task.h"

namespace dyad {

/// A whole machine in one thread, driven by one seed: the same seed gives the same run, step for
/// step.
///
/// What is runnable, be it a coroutine on any of the executors or a job of the worker pool, is
/// picked in random order, never in the order in which it was posted. Time stands still while
/// anything is runnable and then leaps to the next timer. Used by the thread that made it; only its
/// clock, random and files may be reached from others (a library's threads). Outlives its
/// executors.
///
/// A run that cannot go on (nothing runnable, no timer, and the task not done) or exceeds its step
/// limit prints its seed and ends the process.
class Simulation final : public Runtime {
 public:
  struct Options {
    std::uint64_t seed = 1;
    Files* files = nullptr;  ///< Null: a SimFiles of the simulation's own, with its clock and seed.
    std::int64_t start_wall_ms = 1'700'000'000'000;
    /// Above 0: as time goes by, the wall clock jumps now and then by up to this much, either way.
    std::int64_t max_wall_jump_ms = 0;
    std::uint64_t max_steps = 20'000'000;
    /// Beyond it WorkerPool::submit refuses.
    std::size_t max_queued_jobs = 1024;
    /// Some jobs begin only after a while of virtual time, of at most this length.
    std::int64_t max_job_delay_us = 2000;
  };

  explicit Simulation(std::uint64_t seed);
  explicit Simulation(Options options);
  ~Simulation() override;

  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }
  Files& files() override { return *files_; }
  WorkerPool& workers() override { return workers_; }
  std::unique_ptr<Executor> make_dedicated(std::string_view name) override;

  /// Where run_until runs its task.
  Executor& executor() { return *main_; }
  /// The simulation's own disk; a bug where Options::files gave another.
  SimFiles& sim_files();

  /// Runs everything until `task` is done, and answers its result.
  template <class T>
  T run_until(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      bool done = false;
      executor().spawn(finish(std::move(task), done));
      drive([&done] { return done; });
    } else {
      std::optional<T> answer;
      executor().spawn(deliver(std::move(task), answer));
      drive([&answer] { return answer.has_value(); });
      return std::move(*answer);
    }
  }
  /// Runs until nothing is runnable; time stands still, so timers and delayed jobs stay as they
  /// are.
  void run_until_idle();
  /// Runs until so much virtual time has gone by.
  void run_for_ms(std::int64_t ms);

  /// Moves the wall clock alone, also backwards.
  void jump_wall_ms(std::int64_t by_ms) { clock_.jump(by_ms); }

  std::uint64_t seed() const { return options_.seed; }
  std::uint64_t steps() const { return steps_; }
  /// Over every step and every note so far. Equal hashes: the same run.
  std::uint64_t trace_hash() const { return trace_hash_; }
  /// Mixes something observed into the trace.
  void note(std::uint64_t value);

 private:
  class SimExecutor;

  class SimClock final : public Clock {
   public:
    explicit SimClock(std::int64_t wall_ms) : wall_offset_ms_(wall_ms) {}
    std::int64_t wall_ms() const override { return wall_offset_ms_ + now_us_ / 1000; }
    std::int64_t steady_us() const override { return now_us_; }
    void set(std::int64_t now_us) { now_us_ = now_us; }
    void jump(std::int64_t by_ms) { wall_offset_ms_ += by_ms; }

   private:
    std::atomic<std::int64_t> now_us_{0};
    std::atomic<std::int64_t> wall_offset_ms_;
  };

  class LockedRandom final : public Random {
   public:
    explicit LockedRandom(std::uint64_t seed) : random_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
      const std::lock_guard lock(mutex_);
      random_.fill(out);
    }

   private:
    std::mutex mutex_;
    SeededRandom random_;
  };

  class SimWorkers final : public WorkerPool {
   public:
    explicit SimWorkers(Simulation& simulation) : simulation_(simulation) {}
    bool submit(std::function<void()> job) override { return simulation_.submit(std::move(job)); }

   private:
    Simulation& simulation_;
  };

  /// A step that can be taken: a coroutine to resume, a timer to fire, or a job to run (no
  /// executor).
  struct Step {
    std::uint64_t id = 0;
    SimExecutor* executor = nullptr;
    std::coroutine_handle<> coroutine{};
    TimerEntry* timer = nullptr;
    std::function<void()> job{};
  };
  struct Moment {
    std::int64_t due_us;
    std::uint64_t id;
    auto operator<=>(const Moment&) const = default;
  };

  template <class T>
  static Task<void> deliver(Task<T> task, std::optional<T>& answer) {
    answer.emplace(co_await task);
  }
  static Task<void> finish(Task<void> task, bool& done) {
    co_await task;
    done = true;
  }

  bool submit(std::function<void()> job);
  void post(SimExecutor& executor, std::coroutine_handle<> coroutine);
  void arm(SimExecutor& executor, TimerEntry& timer);
  void disarm(TimerEntry& timer);
  void retire(SimExecutor& executor);

  void drive(const std::function<bool()>& done);
  /// Takes one step; false: nothing is runnable now.
  bool step();
  /// Leaps to the next timer or delayed job, at most to `limit_us`; false: there is none.
  bool leap(std::int64_t limit_us);
  void collect_due();
  void take(std::size_t index);
  [[noreturn]] void give_up(const char* why) const;
  void check_thread() const;

  const Options options_;
  const std::thread::id thread_ = std::this_thread::get_id();
  SeededRandom choices_;
  SimClock clock_;
  LockedRandom random_;
  std::unique_ptr<SimFiles> own_files_;
  Files* files_;
  SimWorkers workers_;

  std::vector<Step> runnable_;
  std::map<Moment, Step> later_;  ///< Armed timers and delayed jobs.
  std::size_t queued_jobs_ = 0;
  std::uint64_t next_id_ = 0;
  std::uint32_t next_executor_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t trace_hash_;
  bool ending_ = false;
  std::unique_ptr<Executor> main_;
};

}  // namespace dyad
