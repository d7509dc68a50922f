#include "runtime/reactor.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/completion.h"
#include "runtime/dedicated_thread.h"
#include "runtime/gate.h"
#include "runtime/local_event.h"
#include "runtime/pollable.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad {
namespace {

// What every threaded executor keeps.
template <class T>
class ThreadedExecutor : public testing::Test {
 protected:
  SystemClock clock_;
  T executor_{clock_, "test"};
};
using Kinds = testing::Types<Reactor, DedicatedThread>;
TYPED_TEST_SUITE(ThreadedExecutor, Kinds);

TYPED_TEST(ThreadedExecutor, IsCurrentOnItsOwnThreadOnly) {
  EXPECT_EQ(Executor::current(), nullptr);
  const auto who = []() -> Task<Executor*> { co_return Executor::current(); };
  EXPECT_EQ(sync_wait(this->executor_, who()), &this->executor_);
  EXPECT_EQ(Executor::current(), nullptr);
}

TYPED_TEST(ThreadedExecutor, RunsPostsInOrderAndNeverInsideThePost) {
  std::vector<int> order;
  Gate gate;
  const auto add = [&](int value, Gate::Pass) -> Task<void> {
    order.push_back(value);
    co_return;
  };
  const auto outer = [&]() -> Task<void> {
    for (int i = 0; i < 100; ++i) this->executor_.spawn(add(i, *gate.enter()));
    order.push_back(-1);
    co_await gate.close();
  };
  sync_wait(this->executor_, outer());
  ASSERT_EQ(order.size(), 101u);
  EXPECT_EQ(order[0], -1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i + 1], i);
}

TEST(ReactorTurns, WhatIsPostedLastComesBehindWhatIsReadyAndIsNotHeldUpForEver) {
  SystemClock clock;
  Reactor reactor(clock, "turns");
  constexpr int kFew = 10;
  int yields = 0;
  bool stop = false;
  const auto yield = [&](int count, Gate::Pass) -> Task<void> {
    for (int i = 0; i < count && !stop; ++i, ++yields) co_await resume_on(reactor);
  };
  const auto behind = [&](int others) -> Task<int> {
    Gate gate;
    yields = 0;
    stop = false;
    reactor.spawn(yield(others, *gate.enter()));
    co_await BehindAllReady();
    const int before = yields;
    stop = true;
    co_await gate.close();
    co_return before;
  };
  EXPECT_EQ(sync_wait(reactor, behind(kFew)), kFew);
  EXPECT_LT(sync_wait(reactor, behind(1'000'000'000)), 1000);
}

TEST(ReactorTurns, WhoIsPostedLastAgainAndAgainHoldsUpNoSocket) {
  SystemClock clock;
  Reactor reactor(clock, "turns");
  bool told = false;
  const auto wait = [&](Pollable& socket, Gate::Pass) -> Task<void> {
    EXPECT_EQ(co_await socket.readable(Deadline::never()), Pollable::Outcome::ready);
    told = true;
  };
  const auto loop = [&]() -> Task<int> {
    Gate gate;
    Pollable socket(reactor, UniqueFd(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)));
    reactor.spawn(wait(socket, *gate.enter()));
    int turns = 0;
    while (!told && turns < 1'000'000) {
      co_await BehindAllReady();
      ++turns;
    }
    co_await gate.close();
    co_return turns;
  };
  EXPECT_LT(sync_wait(reactor, loop()), 1000);
}

/// How many of `sockets`, all readable at once, had their turn when each was back from
/// BehindAllReady.
std::vector<int> told_before_last(int sockets) {
  SystemClock clock;
  Reactor reactor(clock, "turns");
  int told = 0;
  std::vector<int> told_before;
  const auto wait = [&](Pollable& socket, Gate::Pass) -> Task<void> {
    EXPECT_EQ(co_await socket.readable(Deadline::never()), Pollable::Outcome::ready);
    ++told;
    co_await BehindAllReady();
    told_before.push_back(told);
  };
  const auto all = [&]() -> Task<void> {
    std::vector<std::unique_ptr<Pollable>> readable;
    Gate gate;
    for (int i = 0; i < sockets; ++i) {
      UniqueFd fd(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC));
      readable.push_back(std::make_unique<Pollable>(reactor, std::move(fd)));
      reactor.spawn(wait(*readable.back(), *gate.enter()));
    }
    co_await gate.close();
  };
  sync_wait(reactor, all());
  return told_before;
}

TEST(ReactorTurns, WhatIsPostedLastComesBehindTheSocketsThatAreReady) {
  EXPECT_EQ(told_before_last(20), std::vector<int>(20, 20));
}

TEST(ReactorTurns, WhatIsPostedLastHasItsTurnHoweverManySocketsAreReady) {
  const std::vector<int> told = told_before_last(500);
  ASSERT_EQ(told.size(), 500u);
  EXPECT_LT(told.front(), 500);
  EXPECT_EQ(told.back(), 500);
}

TEST(ReactorTurns, WhatIsPostedLastRunsBeforeTheReactorEnds) {
  SystemClock clock;
  int ran = 0;
  const auto last = [&]() -> Task<void> {
    for (int i = 0; i < 3; ++i) co_await BehindAllReady();
    ++ran;
  };
  {
    Reactor reactor(clock, "turns");
    for (int i = 0; i < 10; ++i) reactor.spawn(last());
  }
  EXPECT_EQ(ran, 10);
}

TYPED_TEST(ThreadedExecutor, SleepsUntilTheMomentAndNotMuchLonger) {
  const auto nap = [&](std::int64_t us) -> Task<std::int64_t> {
    const std::int64_t due_us = this->clock_.steady_us() + us;
    co_await SleepUntil(due_us);
    co_return this->clock_.steady_us() - due_us;
  };
  std::int64_t least_late_us = INT64_MAX;
  for (const std::int64_t us : {-5, 0, 1'000, 20'000, 100'000}) {
    const std::int64_t late_us = sync_wait(this->executor_, nap(us));
    EXPECT_GE(late_us, 0);
    least_late_us = std::min(least_late_us, late_us);
  }
  // Of five, not all can have been held up by a busy machine.
  EXPECT_LT(least_late_us, 5'000);
}

TYPED_TEST(ThreadedExecutor, ALongTimerDoesNotKeepItFromRunningOthers) {
  LocalEvent event;
  bool was_set = false;
  const auto wait = [&]() -> Task<void> {
    was_set = co_await event.wait(Deadline::after_ms(this->clock_, 3'600'000));
  };
  const auto set = [&]() -> Task<void> {
    event.set();
    co_return;
  };
  this->executor_.spawn(wait());
  sync_wait(this->executor_, set());
  const auto nothing = []() -> Task<void> { co_return; };
  sync_wait(this->executor_, nothing());
  EXPECT_TRUE(was_set);
}

TYPED_TEST(ThreadedExecutor, EventWaitEndsAtItsDeadline) {
  const auto wait = [&]() -> Task<bool> {
    LocalEvent event;
    const Deadline deadline = Deadline::after_ms(this->clock_, 5);
    const bool set = co_await event.wait(deadline);
    EXPECT_TRUE(deadline.passed(this->clock_));
    co_return set;
  };
  EXPECT_FALSE(sync_wait(this->executor_, wait()));
}

TYPED_TEST(ThreadedExecutor, RunsAllThatWasPostedBeforeItsEnd) {
  std::atomic<int> ran{0};
  std::vector<std::thread> threads;
  // Declared before the executor: a coroutine lambda must outlive what it made.
  const auto add = [&](Executor& executor) -> Task<void> {
    co_await resume_on(executor);  // Posts again while the executor may already be stopping.
    ran.fetch_add(1);
  };
  {
    TypeParam executor(this->clock_, "ending");
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5'000; ++i) executor.spawn(add(executor));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ran.load(), 20'000);
}

TYPED_TEST(ThreadedExecutor, NoPostIsLostBetweenTwoThatGoToSleepAndWake) {
  TypeParam other(this->clock_, "other");
  const auto bounce = [&](int rounds) -> Task<int> {
    int count = 0;
    for (; count < rounds; ++count) {
      co_await resume_on(other);
      EXPECT_EQ(Executor::current(), &other);
      co_await resume_on(this->executor_);
      EXPECT_EQ(Executor::current(), &this->executor_);
    }
    co_return count;
  };
  EXPECT_EQ(sync_wait(this->executor_, bounce(20'000)), 20'000);
}

// The setter races with the waiter's check, suspension and, right after, destruction.
TYPED_TEST(ThreadedExecutor, CompletionsRaceForASecond) {
  TypeParam other(this->clock_, "other");
  std::atomic<std::uint64_t> rounds{0};
  const auto set = [](Completion<int>& completion, int value) -> Task<void> {
    completion.set(value);
    co_return;
  };
  const auto wait = [&](Executor& home, Executor& away, Deadline deadline) -> Task<void> {
    for (int i = 0; !deadline.passed(this->clock_); ++i) {
      const auto owner = std::make_unique<Completion<int>>();
      Completion<int>& completion = *owner;
      away.spawn(set(completion, i));
      // Sometimes late, so that both orders happen.
      if (i % 3 == 0) co_await resume_on(home);
      const int value = co_await completion;
      EXPECT_EQ(value, i);
      EXPECT_EQ(Executor::current(), &home);
      rounds.fetch_add(1, std::memory_order_relaxed);
    }
  };
  const auto all = [&]() -> Task<void> {
    Gate gate;
    const Deadline deadline = Deadline::after_ms(this->clock_, 1'000);
    const auto one = [&](Executor& home, Executor& away, Gate::Pass) -> Task<void> {
      co_await resume_on(home);
      co_await wait(home, away, deadline);
    };
    for (int i = 0; i < 16; ++i) {
      this->executor_.spawn(one(this->executor_, other, *gate.enter()));
      this->executor_.spawn(one(other, this->executor_, *gate.enter()));
    }
    co_await gate.close();
  };
  sync_wait(this->executor_, all());
  EXPECT_GT(rounds.load(), 1'000u);
}

TEST(Reactor, IsFairToTimersWhenThereIsAlwaysSomethingToRun) {
  const SystemClock clock;
  Reactor reactor(clock, "test");
  const auto busy = [&]() -> Task<std::uint64_t> {
    bool over = false;
    Gate gate;
    const auto timer = [&](Gate::Pass) -> Task<void> {
      co_await SleepUntil(clock.steady_us() + 3'000);
      over = true;
    };
    reactor.spawn(timer(*gate.enter()));
    std::uint64_t turns = 0;
    for (; !over; ++turns) co_await resume_on(reactor);
    co_await gate.close();
    co_return turns;
  };
  EXPECT_GT(sync_wait(reactor, busy()), 100u);
}

TEST(Reactor, StopIsFineTwice) {
  const SystemClock clock;
  Reactor reactor(clock, "test");
  reactor.stop();
  reactor.stop();
}

TEST(Reactors, TakeTurns) {
  const SystemClock clock;
  Reactors reactors(clock, 3);
  ASSERT_EQ(reactors.size(), 3u);
  EXPECT_EQ(&reactors.next(), &reactors[0]);
  EXPECT_EQ(&reactors.next(), &reactors[1]);
  EXPECT_EQ(&reactors.next(), &reactors[2]);
  EXPECT_EQ(&reactors.next(), &reactors[0]);
  reactors.stop();
}

TEST(Reactors, AreAsManyAsCoresByDefaultAndNeverTooMany) {
  const SystemClock clock;
  EXPECT_GE(Reactors(clock, 0).size(), 1u);
  EXPECT_EQ(Reactors(clock, Reactors::kMaxReactors + 1).size(), Reactors::kMaxReactors);
}

TEST(Gate, ClosedEmptyReturnsAtOnceAndLetsNobodyIn) {
  const SystemClock clock;
  Reactor reactor(clock, "test");
  Gate gate;
  sync_wait(reactor, gate.close());
  EXPECT_TRUE(gate.closed());
  EXPECT_FALSE(gate.enter().has_value());
}

TEST(Gate, CloseAwaitsTheLastOfManyThreads) {
  const SystemClock clock;
  Reactors reactors(clock, 2);
  for (int round = 0; round < 200; ++round) {
    Gate gate;
    std::atomic<int> inside{0};
    const auto visit = [&](Reactor& away, Gate::Pass) -> Task<void> {
      co_await resume_on(away);
      inside.fetch_sub(1);
    };
    for (int i = 0; i < 10; ++i) {
      inside.fetch_add(1);
      reactors.next().spawn(visit(reactors.next(), *gate.enter()));
    }
    sync_wait(reactors[0], gate.close());
    ASSERT_EQ(inside.load(), 0);
    ASSERT_EQ(gate.inside(), 0u);
  }
}

}  // namespace
}  // namespace dyad
