#include "runtime/simulation.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/completion.h"
#include "runtime/seed_scope.h"

namespace dyad {
namespace {

Task<void> record(Simulation& simulation, std::string& order, char name, int yields) {
  for (int i = 0; i < yields; ++i) {
    order += name;
    co_await resume_on(*Executor::current());
  }
  simulation.note(static_cast<std::uint64_t>(name));
}

std::string interleaving(std::uint64_t seed, std::uint64_t& hash) {
  Simulation simulation(seed);
  std::string order;
  for (const char name : {'a', 'b', 'c'}) {
    simulation.executor().spawn(record(simulation, order, name, 3));
  }
  simulation.run_until_idle();
  hash = simulation.trace_hash();
  return order;
}

TEST(Simulation, SameSeedSameRunAndOtherSeedsOtherRuns) {
  std::set<std::string> orders;
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    const std::string order = interleaving(seed, first);
    EXPECT_EQ(order, interleaving(seed, second));
    EXPECT_EQ(first, second);
    EXPECT_EQ(order.size(), 9u);
    orders.insert(order);
    hashes.insert(first);
  }
  EXPECT_GT(orders.size(), 40u);
  EXPECT_EQ(hashes.size(), 50u);
}

Task<std::int64_t> sleep_for(Simulation& simulation, std::int64_t us) {
  co_await SleepUntil(simulation.clock().steady_us() + us);
  co_return simulation.clock().steady_us();
}

TEST(Simulation, TimeLeapsToTheNextTimerOnly) {
  Simulation simulation(1);
  const std::int64_t wall_ms = simulation.clock().wall_ms();
  constexpr std::int64_t kDayUs = 86'400'000'000;
  EXPECT_EQ(simulation.run_until(sleep_for(simulation, kDayUs)), kDayUs);
  EXPECT_EQ(simulation.clock().wall_ms(), wall_ms + kDayUs / 1000);
  EXPECT_LT(simulation.steps(), 10u);

  simulation.run_until_idle();
  EXPECT_EQ(simulation.clock().steady_us(), kDayUs);
  simulation.run_for_ms(5);
  EXPECT_EQ(simulation.clock().steady_us(), kDayUs + 5000);
  // A timer of the past fires at once.
  EXPECT_EQ(simulation.run_until(sleep_for(simulation, -50)), kDayUs + 5000);
}

struct CountingTimer : TimerEntry {
  int fired = 0;
};

TEST(Simulation, DisarmedTimersDoNotFire) {
  Simulation simulation(1);
  CountingTimer timers[3];
  for (auto& timer : timers) {
    timer.due_steady_us = 1000;
    timer.fire = [](TimerEntry& entry) { ++static_cast<CountingTimer&>(entry).fired; };
    simulation.executor().arm(timer);
  }
  simulation.executor().disarm(timers[1]);
  simulation.executor().disarm(timers[1]);
  simulation.run_for_ms(2);
  EXPECT_EQ(timers[0].fired, 1);
  EXPECT_EQ(timers[1].fired, 0);
  EXPECT_EQ(timers[2].fired, 1);
  EXPECT_FALSE(timers[0].armed || timers[1].armed || timers[2].armed);
}

TEST(Simulation, WallClockJumpsAndSteadyDoesNot) {
  Simulation simulation({.seed = 3, .max_wall_jump_ms = 60'000});
  bool backwards = false;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t wall_ms = simulation.clock().wall_ms();
    const std::int64_t steady_us = simulation.clock().steady_us();
    (void)simulation.run_until(sleep_for(simulation, 1000));
    EXPECT_EQ(simulation.clock().steady_us(), steady_us + 1000);
    backwards = backwards || simulation.clock().wall_ms() < wall_ms;
  }
  EXPECT_TRUE(backwards);
  const std::int64_t wall_ms = simulation.clock().wall_ms();
  simulation.jump_wall_ms(-5);
  EXPECT_EQ(simulation.clock().wall_ms(), wall_ms - 5);
}

Task<void> run_job(Simulation& simulation, std::string& order, char name) {
  Executor* const executor = Executor::current();
  auto job = [&order, name]() -> Result<char> {
    // A worker is no executor, as in the threaded runtime.
    EXPECT_EQ(Executor::current(), nullptr);
    order += name;
    return name;
  };
  const Result<char> got = co_await simulation.workers().run(job);
  EXPECT_EQ(Executor::current(), executor);
  EXPECT_EQ(*got, name);
  order += static_cast<char>(name - 'a' + 'A');
}

TEST(Simulation, JobsBeginAndEndInRandomOrder) {
  std::set<std::string> orders;
  bool waited = false;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Simulation simulation(seed);
    std::string order;
    for (const char name : {'a', 'b', 'c'}) {
      simulation.executor().spawn(run_job(simulation, order, name));
    }
    simulation.run_for_ms(100);
    EXPECT_EQ(order.size(), 6u);
    orders.insert(order);
    waited = waited || order.find('A') > order.find('b');
  }
  EXPECT_GT(orders.size(), 20u);
  EXPECT_TRUE(waited);
}

TEST(Simulation, AFullWorkerQueueRefuses) {
  Simulation simulation({.max_queued_jobs = 2});
  int ran = 0;
  EXPECT_TRUE(simulation.workers().submit([&] { ++ran; }));
  EXPECT_TRUE(simulation.workers().submit([&] { ++ran; }));
  EXPECT_FALSE(simulation.workers().submit([&] { ++ran; }));
  simulation.run_for_ms(100);
  EXPECT_EQ(ran, 2);
  EXPECT_TRUE(simulation.workers().submit([&] { ++ran; }));
}

Task<void> set_there(Executor& other, Completion<int>& done) {
  co_await resume_on(other);
  EXPECT_EQ(Executor::current(), &other);
  done.set(7);
}

Task<int> ask_dedicated(Simulation& simulation) {
  Executor* const home = Executor::current();
  auto dedicated = simulation.make_dedicated("committer");
  Completion<int> done;
  dedicated->spawn(set_there(*dedicated, done));
  const int answer = co_await done;
  EXPECT_EQ(Executor::current(), home);
  co_return answer;
}

TEST(Simulation, DedicatedExecutorsShareTheLoop) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Simulation simulation(seed);
    EXPECT_EQ(simulation.run_until(ask_dedicated(simulation)), 7);
    EXPECT_EQ(Executor::current(), nullptr);
  }
}

TEST(Simulation, ADedicatedExecutorEndsAfterWhatWasPosted) {
  Simulation simulation(1);
  std::string order;
  auto dedicated = simulation.make_dedicated("committer");
  dedicated->spawn(record(simulation, order, 'x', 3));
  dedicated.reset();
  EXPECT_EQ(order, "xxx");
}

Task<Result<>> write_a_file(Files& files) {
  co_return write_file(files, "/a", "1");
}

TEST(Simulation, BringsADiskWithItsClock) {
  Simulation simulation(1);
  EXPECT_TRUE(simulation.run_until(write_a_file(simulation.files())));
  EXPECT_EQ(simulation.files().info("/a")->modified_ms, simulation.clock().wall_ms());
  simulation.sim_files().crash();
  EXPECT_FALSE(simulation.run_until(write_a_file(simulation.files())));

  SimFiles other;
  Simulation on_other({.files = &other});
  EXPECT_TRUE(on_other.run_until(write_a_file(on_other.files())));
  EXPECT_TRUE(other.info("/a"));
}

TEST(Simulation, RandomFollowsTheSeed) {
  Simulation one(5);
  Simulation same(5);
  Simulation other(6);
  const std::uint64_t value = one.random().next_u64();
  EXPECT_EQ(same.random().next_u64(), value);
  EXPECT_NE(other.random().next_u64(), value);
}

Task<void> wait_forever(Completion<int>& never) {
  (void)co_await never;
}
Task<void> spin(Executor& executor) {
  for (;;) co_await resume_on(executor);
}

TEST(SimulationDeathTest, StuckAndEndlessRunsSayTheirSeed) {
  EXPECT_DEATH(
      {
        Simulation simulation(17);
        Completion<int> never;
        simulation.run_until(wait_forever(never));
      },
      "nothing is left that could run; replay with DYAD_SEED=17");
  EXPECT_DEATH(
      {
        Simulation simulation({.seed = 18, .max_steps = 1000});
        simulation.run_until(spin(simulation.executor()));
      },
      "step limit; replay with DYAD_SEED=18");
}

TEST(Seeds, ComeFromTheEnvironment) {
  ::unsetenv("DYAD_SEED");
  EXPECT_EQ(seed_from_environment(9), 9u);
  EXPECT_EQ(test_seeds(3, 4), (std::vector<std::uint64_t>{4, 5, 6}));
  ::setenv("DYAD_SEED", "123", 1);
  EXPECT_EQ(seed_from_environment(9), 123u);
  EXPECT_EQ(test_seeds(3, 4), (std::vector<std::uint64_t>{123}));
  ::setenv("DYAD_SEED", "12x", 1);
  EXPECT_DEATH((void)seed_from_environment(9), "DYAD_SEED is a decimal number");
  ::unsetenv("DYAD_SEED");
}

TEST(SeedsDeathTest, AreSaidWhenTheProcessIsAborted) {
  EXPECT_DEATH(
      {
        const SeedScope scope(41);
        DYAD_CHECK(1 + 1 == 3);
      },
      "seed 41: replay with DYAD_SEED=41");
}

TEST(SeedsDeathTest, AreSaidWhenATestFails) {
  // In a child, since the failure is real there.
  EXPECT_EXIT(
      {
        { const SeedScope scope(42); }
        {
          const SeedScope scope(43);
          ADD_FAILURE();
        }
        { const SeedScope scope(44); }
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^[^4]*seed 43: replay with DYAD_SEED=43\n$");
}

}  // namespace
}  // namespace dyad
