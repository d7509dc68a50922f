#include "runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

namespace dyad {
namespace {

struct Recorded : TimerEntry {
  std::vector<Recorded*>* fired = nullptr;
};

void record(TimerEntry& entry) {
  auto& timer = static_cast<Recorded&>(entry);
  timer.fired->push_back(&timer);
}

Recorded make_timer(std::vector<Recorded*>& fired, std::int64_t due_us) {
  Recorded timer;
  timer.due_steady_us = due_us;
  timer.fire = record;
  timer.fired = &fired;
  return timer;
}

TEST(TimerWheel, IsEmptyAtFirst) {
  TimerWheel wheel(123'456);
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.next_due_us(), TimerWheel::kNever);
  EXPECT_EQ(wheel.advance(999'999'999), 0u);
}

TEST(TimerWheel, FiresNotBeforeItsMomentAndOnce) {
  TimerWheel wheel(0);
  std::vector<Recorded*> fired;
  Recorded timer = make_timer(fired, 5'001);
  wheel.arm(timer);
  EXPECT_EQ(wheel.next_due_us(), 6'000);
  EXPECT_EQ(wheel.advance(5'999), 0u);
  EXPECT_EQ(wheel.advance(6'000), 1u);
  EXPECT_FALSE(timer.armed);
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.advance(100'000), 0u);
}

TEST(TimerWheel, WhatIsOverdueFiresAtTheNextTick) {
  TimerWheel wheel(10'000'000);
  std::vector<Recorded*> fired;
  Recorded past = make_timer(fired, 1);
  Recorded negative = make_timer(fired, -7);
  wheel.arm(past);
  wheel.arm(negative);
  EXPECT_EQ(wheel.next_due_us(), 10'001'000);
  EXPECT_EQ(wheel.advance(10'001'000), 2u);
}

TEST(TimerWheel, HoldsTheFarthestMoment) {
  TimerWheel wheel(5'000);
  std::vector<Recorded*> fired;
  Recorded never = make_timer(fired, INT64_MAX);
  Recorded soon = make_timer(fired, 6'000);
  wheel.arm(never);
  wheel.arm(soon);
  EXPECT_EQ(wheel.advance(std::int64_t{1} << 60), 1u);
  EXPECT_TRUE(never.armed);
  wheel.disarm(never);
  wheel.disarm(never);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, ACallbackMayDisarmItsNeighboursAndArmItselfAgain) {
  struct Rearming : TimerEntry {
    TimerWheel* wheel = nullptr;
    TimerEntry* victim = nullptr;
    int count = 0;
  };
  TimerWheel wheel(0);
  std::vector<Recorded*> fired;
  Recorded victim = make_timer(fired, 3'000);
  Rearming timer;
  timer.due_steady_us = 3'000;
  timer.wheel = &wheel;
  timer.victim = &victim;
  timer.fire = [](TimerEntry& entry) {
    auto& self = static_cast<Rearming&>(entry);
    ++self.count;
    self.wheel->disarm(*self.victim);
    self.wheel->arm(self);  // Overdue: fires again, a tick later.
  };
  wheel.arm(victim);
  wheel.arm(timer);  // Ahead of the victim in its slot.
  wheel.advance(3'000);
  EXPECT_EQ(timer.count, 1);
  EXPECT_TRUE(fired.empty());
  wheel.advance(10'000);
  EXPECT_EQ(timer.count, 8);
  wheel.disarm(timer);
}

// Against a sorted map: the same timers fire, in the same order of ticks, and the wheel never asks
// to sleep past the next one.
TEST(TimerWheel, BehavesLikeASortedMap) {
  const char* given = std::getenv("DYAD_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : 20'240'611;
  SCOPED_TRACE("DYAD_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 30; ++round) {
    std::int64_t now_us = static_cast<std::int64_t>(random.below(1ull << (10 + random.below(40))));
    TimerWheel wheel(now_us);
    std::vector<Recorded*> fired;
    std::vector<std::unique_ptr<Recorded>> timers;
    for (int i = 0; i < 200; ++i) timers.push_back(std::make_unique<Recorded>());
    std::multimap<std::int64_t, Recorded*> model;  // By the tick at which it should fire.
    std::int64_t elapsed = now_us / 1000;

    for (int step = 0; step < 3'000; ++step) {
      Recorded& timer = *timers[random.below(timers.size())];
      if (timer.armed) {
        wheel.disarm(timer);
        std::erase_if(model, [&](auto& entry) { return entry.second == &timer; });
      } else {
        const auto ahead = static_cast<std::int64_t>(random.below(1ull << random.below(42)));
        timer = make_timer(fired, now_us + ahead - 2'000);
        wheel.arm(timer);
        model.emplace(std::max((timer.due_steady_us + 999) / 1000, elapsed + 1), &timer);
      }
      if (model.empty()) {
        ASSERT_TRUE(wheel.empty());
      } else {
        ASSERT_LE(wheel.next_due_us(), model.begin()->first * 1000);
        ASSERT_GT(wheel.next_due_us(), elapsed * 1000);
      }
      if (random.below(4) != 0) continue;

      now_us = random.below(3) == 0 && !wheel.empty()
                   ? wheel.next_due_us()
                   : now_us + static_cast<std::int64_t>(random.below(1ull << random.below(36)));
      elapsed = std::max(elapsed, now_us / 1000);
      fired.clear();
      wheel.advance(now_us);
      const auto end = model.upper_bound(now_us / 1000);
      ASSERT_EQ(fired.size(), static_cast<std::size_t>(std::distance(model.begin(), end)));
      std::int64_t last_tick = 0;
      for (Recorded* one : fired) {
        const auto at = std::find_if(model.begin(), end, [&](auto& e) { return e.second == one; });
        ASSERT_NE(at, end);
        ASSERT_GE(at->first, last_tick);
        last_tick = at->first;
      }
      model.erase(model.begin(), end);
    }
  }
}

}  // namespace
}  // namespace dyad
