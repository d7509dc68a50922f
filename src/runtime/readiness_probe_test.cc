#include "runtime/readiness_probe.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "runtime/completion.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad {
namespace {

Task<void> await(Completion<bool>& completion) {
  (void)co_await completion;
}

TEST(ReadinessProbe, ComesAfterWhatHeldTheReactor) {
  constexpr std::int64_t kHeldUs = 30'000;
  SystemClock clock;
  Reactor reactor(clock, "test");
  Completion<bool> came;
  std::int64_t waited_us = -1;
  ReadinessProbe probe(reactor, [&](std::int64_t sent_us, std::int64_t came_us) {
    waited_us = came_us - sent_us;
    came.set(true);
  });
  const auto hold = [&]() -> Task<void> {
    probe.send();
    EXPECT_TRUE(probe.under_way());
    const std::int64_t began_us = clock.steady_us();
    while (clock.steady_us() - began_us < kHeldUs) {
    }
    co_return;
  };
  sync_wait(reactor, hold());
  sync_wait(reactor, await(came));
  EXPECT_GE(waited_us, kHeldUs);
  reactor.stop();
}

TEST(ReadinessProbe, ManyAreSentOneAfterTheOther) {
  constexpr int kProbes = 1000;
  SystemClock clock;
  Reactor reactor(clock, "test");
  Completion<bool> over;
  int count = 0;
  ReadinessProbe* sender = nullptr;
  ReadinessProbe probe(reactor, [&](std::int64_t sent_us, std::int64_t came_us) {
    EXPECT_GE(came_us, sent_us);
    EXPECT_FALSE(sender->under_way());
    if (++count == kProbes) return over.set(true);
    sender->send();
  });
  sender = &probe;
  const auto begin = [&]() -> Task<void> {
    probe.send();
    co_return;
  };
  sync_wait(reactor, begin());
  sync_wait(reactor, await(over));
  EXPECT_EQ(count, kProbes);
  reactor.stop();
}

TEST(ReadinessProbe, MayBeUnderWayWhenTheReactorStops) {
  SystemClock clock;
  Reactor reactor(clock, "test");
  ReadinessProbe probe(reactor, [](std::int64_t, std::int64_t) {});
  const auto send = [&]() -> Task<void> {
    probe.send();
    co_return;
  };
  sync_wait(reactor, send());
  reactor.stop();
}

}  // namespace
}  // namespace dyad
