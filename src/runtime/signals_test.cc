#include "runtime/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/gate.h"
#include "runtime/local_event.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad {
namespace {

// The test's own thread blocks the signals and starts the reactor, as main() does.
TEST(Signals, AreAwaited) {
  Signals::block({SIGHUP, SIGUSR2});
  const SystemClock clock;
  Reactor reactor(clock, "signals");
  auto signals = Signals::receive(reactor, {SIGHUP, SIGUSR2});
  ASSERT_TRUE(signals.has_value());
  const auto body = [&]() -> Task<void> {
    EXPECT_EQ(::kill(::getpid(), SIGHUP), 0);
    const Result<int> pending = co_await (*signals)->next();
    EXPECT_EQ(pending.value(), SIGHUP);

    Gate gate;
    LocalEvent received;
    const auto wait = [&](Gate::Pass) -> Task<void> {
      const Result<int> later = co_await (*signals)->next();
      EXPECT_EQ(later.value(), SIGUSR2);
      received.set();
      const Result<int> closed = co_await (*signals)->next();
      EXPECT_FALSE(closed.has_value());
    };
    reactor.spawn(wait(*gate.enter()));
    co_await resume_on(reactor);
    EXPECT_EQ(::kill(::getpid(), SIGUSR2), 0);
    const bool came = co_await received.wait(Deadline::after_ms(clock, 20'000));
    EXPECT_TRUE(came);
    (*signals)->close();
    co_await gate.close();
    signals->reset();
  };
  sync_wait(reactor, body());
}

}  // namespace
}  // namespace dyad
