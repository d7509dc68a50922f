#include "store/latch_table.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"

namespace dyad::store {
namespace {

DeclaredKey latch(std::string name, LatchMode mode) {
  return {PartitionId(7), std::move(name), mode};
}

TEST(LatchTable, NormaliseSortsAndTheStrongerModeWins) {
  std::vector<DeclaredKey> keys;
  keys.push_back(latch("b", LatchMode::shared));
  keys.push_back(latch("a", LatchMode::shared));
  keys.push_back(latch("b", LatchMode::exclusive));
  keys.push_back(latch("a", LatchMode::shared));
  keys.push_back({PartitionId(1), "z", LatchMode::shared});
  normalise(keys);
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].key, "z");
  EXPECT_EQ(keys[1].key, "a");
  EXPECT_EQ(keys[1].mode, LatchMode::shared);
  EXPECT_EQ(keys[2].key, "b");
  EXPECT_EQ(keys[2].mode, LatchMode::exclusive);
}

// A stream of sharers does not keep one exclusive request waiting for ever, nor the other way
// round.
TEST(LatchTable, WhoCameFirstIsServedFirst) {
  Simulation simulation(5);
  LatchTable table;
  std::string order;
  const DeclaredKey read = latch("k", LatchMode::shared);
  const DeclaredKey write = latch("k", LatchMode::exclusive);
  const auto take = [&](const DeclaredKey& key, char name) -> Task<void> {
    LatchTable::Set set(table);
    EXPECT_EQ(co_await set.take(key, Deadline::never()), LatchTable::Grant::granted);
    order += name;
  };
  const auto main = [&]() -> Task<void> {
    {
      LatchTable::Set first(table);
      EXPECT_EQ(co_await first.take(read, Deadline::never()), LatchTable::Grant::granted);
      for (const char name : {'W', 'r', 'X', 's'}) {
        simulation.executor().spawn(take(name < 'a' ? write : read, name));
        // Time goes by only when all the others wait.
        co_await SleepUntil(simulation.clock().steady_us() + 1000);
      }
      EXPECT_EQ(order, "");
    }
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(main());
  EXPECT_EQ(order, "WrXs");
  EXPECT_EQ(table.held_count(), 0u);
}

TEST(LatchTable, OnlySoManyMayWait) {
  Simulation simulation(6);
  LatchTable table;
  const DeclaredKey key = latch("k", LatchMode::exclusive);
  std::uint32_t granted = 0;
  std::uint32_t refused = 0;
  const auto take = [&]() -> Task<void> {
    LatchTable::Set set(table);
    const LatchTable::Grant grant = co_await set.take(key, Deadline::never());
    ++(grant == LatchTable::Grant::granted ? granted : refused);
  };
  const auto main = [&]() -> Task<void> {
    {
      LatchTable::Set first(table);
      EXPECT_EQ(co_await first.take(key, Deadline::never()), LatchTable::Grant::granted);
      for (std::uint32_t i = 0; i < kMaxLatchWaiters + 5; ++i) simulation.executor().spawn(take());
      co_await SleepUntil(simulation.clock().steady_us() + 1000);
      EXPECT_EQ(refused, 5u);
    }
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(main());
  EXPECT_EQ(granted, kMaxLatchWaiters);
  EXPECT_EQ(table.held_count(), 0u);
}

}  // namespace
}  // namespace dyad::store
