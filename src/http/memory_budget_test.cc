#include "http/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "http/body.h"
#include "runtime/simulation.h"

namespace dyad::http {
namespace {

TEST(MemoryBudget, IsTakenToTheByteAndGivenBack) {
  MemoryBudget budget(1000);
  EXPECT_TRUE(budget.take(600));
  EXPECT_FALSE(budget.take(401));
  EXPECT_TRUE(budget.take(400));
  EXPECT_FALSE(budget.take(1));
  EXPECT_EQ(budget.refused(), 2u);
  budget.give(1000);
  EXPECT_FALSE(budget.take(static_cast<std::size_t>(-1)));
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(MemoryBudget, ManyThreadsNeverHoldMoreThanThereIs) {
  constexpr std::size_t kLimit = 10 * LocalBudget::kStepBytes;
  MemoryBudget budget(kLimit);
  std::atomic<std::size_t> held{0};
  std::atomic<bool> over{false};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        LocalBudget local(budget);
        for (std::size_t i = 1; i < 5000; ++i) {
          const std::size_t bytes = i * 977 % (2 * LocalBudget::kStepBytes);
          if (!local.take(bytes)) continue;
          if (held.fetch_add(bytes) + bytes > kLimit) over = true;
          held.fetch_sub(bytes);
          local.give(bytes);
        }
      });
    }
  }
  EXPECT_FALSE(over);
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(MemoryBudget, AShareIsGivenBackWhenItsRequestGoes) {
  MemoryBudget budget(LocalBudget::kStepBytes * 8);
  LocalBudget local(budget);
  {
    BudgetShare share(local);
    EXPECT_TRUE(share.add(LocalBudget::kStepBytes * 8));
    EXPECT_FALSE(share.add(1));
    BudgetShare other(local);
    EXPECT_EQ(other.add(1).error().code, ErrorCode::overloaded);
    share.give_back(10);
    EXPECT_TRUE(other.add(10));
  }
  EXPECT_LE(budget.used_bytes(), 2 * LocalBudget::kStepBytes);
  BudgetShare again(local);
  EXPECT_TRUE(again.add(LocalBudget::kStepBytes * 8));
}

Task<Result<std::string>> read_with(BodyReader& body, std::size_t limit, BudgetShare& share) {
  co_return co_await read_all(body, limit, share);
}

TEST(MemoryBudget, ABodyIsRefusedBeforeItsMemoryIsTaken) {
  Simulation simulation(1);
  MemoryBudget budget(100'000);
  LocalBudget local(budget);
  const std::string bytes(1'000'000, 'x');
  {
    BudgetShare share(local);
    StringBody body(bytes);
    const auto got = simulation.run_until(read_with(body, 10'000'000, share));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::overloaded);
    EXPECT_LE(share.held_bytes(), 100'000u);
  }
  BudgetShare share(local);
  StringBody small(std::string_view(bytes).substr(0, 60'000));
  const auto got = simulation.run_until(read_with(small, 60'000, share));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->size(), 60'000u);
  EXPECT_GE(share.held_bytes(), 60'000u);
}

}  // namespace
}  // namespace dyad::http
