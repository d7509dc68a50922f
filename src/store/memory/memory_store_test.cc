#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"

namespace dyad::store {
namespace {

constexpr PartitionId kP = kCatalogPartition;

Body putting(std::string key, std::string value) {
  return [key, value](Transaction& tx) -> Task<Result<>> { co_return tx.put(kP, key, value); };
}

TEST(MemoryStore, WhatWasWrittenIsThereAfterReopening) {
  Simulation simulation(1);
  MemoryOptions options;
  options.state = make_memory_state();
  for (int round = 0; round < 3; ++round) {
    auto store = make_memory_store(simulation, options);
    const auto run = [&]() -> Task<void> {
      const auto before = co_await store->get(kP, "\x01k");
      EXPECT_EQ(before->value_or(""), round == 0 ? "" : std::to_string(round - 1));
      const Body body = putting("\x01k", std::to_string(round));
      const auto commit = co_await store->transact({}, body, Deadline::never());
      EXPECT_TRUE(commit.has_value());
      EXPECT_TRUE((co_await store->close()).has_value());
    };
    simulation.run_until(run());
  }
}

TEST(MemoryStore, AFailedFlushAnswersAllAndRefusesTheRest) {
  Simulation simulation(2);
  bool broken = false;
  MemoryOptions options;
  options.flush = [&]() -> Result<> {
    if (broken) return fail(ErrorCode::io_error, "the flush failed");
    return {};
  };
  auto store = make_memory_store(simulation, options);
  const auto run = [&]() -> Task<void> {
    const Body one = putting("\x01k", "1");
    EXPECT_TRUE((co_await store->transact({}, one, Deadline::never())).has_value());
    broken = true;
    const Body two = putting("\x01k", "2");
    const auto lost = co_await store->transact({}, two, Deadline::never());
    EXPECT_EQ(lost.error().code, ErrorCode::io_error);
    broken = false;
    const auto later = co_await store->transact({}, two, Deadline::never());
    EXPECT_EQ(later.error().code, ErrorCode::io_error);
    EXPECT_EQ((co_await store->get(kP, "\x01k"))->value_or(""), "1");
    EXPECT_TRUE((co_await store->close()).has_value());
  };
  simulation.run_until(run());
}

TEST(MemoryStore, AFullStoreTakesOnlyErasures) {
  Simulation simulation(3);
  MemoryOptions options;
  options.capacity_bytes = 64;
  auto store = make_memory_store(simulation, options);
  const auto run = [&]() -> Task<void> {
    const Body fill = putting("\x01k", std::string(50, 'x'));
    EXPECT_TRUE((co_await store->transact({}, fill, Deadline::never())).has_value());
    const Body more = putting("\x01m", "more");
    const auto refused = co_await store->transact({}, more, Deadline::never());
    EXPECT_EQ(refused.error().code, ErrorCode::no_space);
    const Body erase = [](Transaction& tx) -> Task<Result<>> { co_return tx.erase(kP, "\x01k"); };
    EXPECT_TRUE((co_await store->transact({}, erase, Deadline::never())).has_value());
    EXPECT_TRUE((co_await store->transact({}, more, Deadline::never())).has_value());
    EXPECT_TRUE((co_await store->close()).has_value());
  };
  simulation.run_until(run());
}

}  // namespace
}  // namespace dyad::store
