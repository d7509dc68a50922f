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

// A transaction sees what is ordered, plain reads only what is durable.
TEST(MemoryStore, PlainReadsDoNotSeeWhatIsPending) {
  Simulation simulation(4);
  MemoryOptions options;
  options.commit_delay_us = 100'000;
  auto store = make_memory_store(simulation, options);
  const auto run = [&]() -> Task<void> {
    const Body old = putting("\x01k", "old");
    EXPECT_TRUE((co_await store->transact({}, old, Deadline::never())).has_value());
    const auto write = [&]() -> Task<void> {
      const Body fresh = putting("\x01k", "new");
      EXPECT_TRUE((co_await store->transact({}, fresh, Deadline::never())).has_value());
    };
    simulation.executor().spawn(write());
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
    const std::int64_t asked_us = simulation.clock().steady_us();
    const Body look = [&](Transaction& tx) -> Task<Result<>> {
      EXPECT_EQ((co_await tx.get(kP, "\x01k"))->value_or(""), "new");
      EXPECT_EQ((co_await store->get(kP, "\x01k"))->value_or(""), "old");
      const ScanRange all;
      const ScanLimits limits;
      const auto pending = co_await tx.scan(kP, all, limits);
      EXPECT_EQ((*pending)[0].value, "new");
      const auto durable = co_await store->scan(kP, all, limits);
      EXPECT_EQ((*durable)[0].value, "old");
      co_return fail(ErrorCode::failed_condition, "");
    };
    const auto aborted = co_await store->transact({}, look, Deadline::never());
    EXPECT_EQ(aborted.error().code, ErrorCode::failed_condition);
    // The answer that depended on the pending row came when it was durable.
    EXPECT_GE(simulation.clock().steady_us() - asked_us, 90'000);
    EXPECT_EQ((co_await store->get(kP, "\x01k"))->value_or(""), "new");
    EXPECT_TRUE((co_await store->close()).has_value());
  };
  simulation.run_until(run());
}

TEST(MemoryStore, OnlySoMuchMayBePending) {
  Simulation simulation(5);
  MemoryOptions options;
  options.commit_delay_us = 100'000;
  auto store = make_memory_store(simulation, options);
  const auto run = [&]() -> Task<void> {
    int done = 0;
    int refused = 0;
    const auto write = [&](int i) -> Task<void> {
      const Body large = [i](Transaction& tx) -> Task<Result<>> {
        for (int n = 0; n < 5; ++n) {
          const std::string name = "k" + std::to_string(i) + "." + std::to_string(n);
          DYAD_CO_TRY(tx.put(kP, name, std::string(kMaxValueBytes, 'v')));
        }
        co_return Result<>();
      };
      const auto result = co_await store->transact({}, large, Deadline::never());
      if (!result) {
        EXPECT_EQ(result.error().code, ErrorCode::overloaded);
      }
      ++(result ? done : refused);
    };
    // Forty MiB each: six are within 256 MiB.
    for (int i = 0; i < 8; ++i) simulation.executor().spawn(write(i));
    while (done + refused < 8) co_await SleepUntil(simulation.clock().steady_us() + 10'000);
    EXPECT_EQ(done, 6);
    EXPECT_EQ(refused, 2);
    EXPECT_TRUE((co_await store->close()).has_value());
  };
  simulation.run_until(run());
}

}  // namespace
}  // namespace dyad::store
