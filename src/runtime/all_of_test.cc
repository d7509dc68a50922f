#include "runtime/all_of.h"

#include <gtest/gtest.h>

#include <string>

#include "base/result.h"
#include "runtime/simulation.h"

namespace dyad {
namespace {

/// Sleeps and says when it began and ended.
Task<Result<int>> sleep_for(Simulation& simulation, std::int64_t us, int number,
                            std::vector<int>& ended) {
  co_await SleepUntil(simulation.clock().steady_us() + us);
  ended.push_back(number);
  co_return number;
}

Task<std::vector<Result<int>>> sleep_all(Simulation& simulation, std::vector<std::int64_t> times,
                                         std::vector<int>& ended) {
  std::vector<Task<Result<int>>> tasks;
  for (std::size_t i = 0; i < times.size(); ++i)
    tasks.push_back(sleep_for(simulation, times[i], static_cast<int>(i), ended));
  co_return co_await all_of(std::move(tasks));
}

std::vector<int> values(const std::vector<Result<int>>& results) {
  std::vector<int> made;
  for (const Result<int>& result : results) made.push_back(*result);
  return made;
}

TEST(AllOf, TasksRunSideBySideAndAnswerInTheirOrder) {
  Simulation simulation(1);
  std::vector<int> ended;
  const std::int64_t began = simulation.clock().steady_us();
  const auto results =
      simulation.run_until(sleep_all(simulation, {300'000, 100'000, 200'000}, ended));
  EXPECT_EQ(values(results), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(ended, (std::vector<int>{1, 2, 0}));
  const std::int64_t took = simulation.clock().steady_us() - began;
  EXPECT_GE(took, 300'000);
  EXPECT_LT(took, 400'000) << "one after the other would be 600 ms";
}

TEST(AllOf, OneOrNone) {
  Simulation simulation(1);
  std::vector<int> ended;
  EXPECT_EQ(values(simulation.run_until(sleep_all(simulation, {10'000}, ended))),
            std::vector<int>{0});
  EXPECT_TRUE(simulation.run_until(sleep_all(simulation, {}, ended)).empty());
}

Task<Result<int>> at_once(int number) {
  co_return number;
}

Task<std::vector<Result<int>>> many_at_once(int count) {
  std::vector<Task<Result<int>>> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(at_once(i));
  co_return co_await all_of(std::move(tasks));
}

TEST(AllOf, TasksThatNeverSuspend) {
  Simulation simulation(1);
  const auto results = simulation.run_until(many_at_once(1000));
  ASSERT_EQ(results.size(), 1000U);
  EXPECT_EQ(*results[999], 999);
}

}  // namespace
}  // namespace dyad
