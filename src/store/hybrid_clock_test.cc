#include "store/hybrid_clock.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace dyad::store {
namespace {

class HandClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return now_ms; }
  std::int64_t steady_us() const override { return 0; }
  std::int64_t now_ms = 1'700'000'000'000;
};

TEST(HybridClock, FollowsTheWallAndTicksWhereItStandsOrGoesBack) {
  HandClock wall;
  HybridClock clock(wall, Timestamp());
  const Timestamp first = clock.next();
  EXPECT_EQ(wall_ms(first), wall.now_ms);
  EXPECT_EQ(clock.next().value(), first.value() + 1);
  wall.now_ms += 5;
  const Timestamp later = clock.next();
  EXPECT_EQ(later, timestamp_at_ms(wall.now_ms));
  wall.now_ms -= 1000;
  EXPECT_EQ(clock.next().value(), later.value() + 1);
}

TEST(HybridClock, StartsAboveTheCeilingAndReportsAWallFarBehindIt) {
  HandClock wall;
  const Timestamp near = timestamp_at_ms(wall.now_ms + kMaxClockSkewMs);
  HybridClock fine(wall, near);
  EXPECT_GT(fine.next(), near);
  EXPECT_EQ(fine.reports(), 0);
  const Timestamp far = timestamp_at_ms(wall.now_ms + kMaxClockSkewMs + 1);
  HybridClock behind(wall, far);
  EXPECT_GT(behind.next(), far);
  EXPECT_EQ(behind.reports(), 1);
  // A wall clock that falls back while running is reported too.
  HybridClock running(wall, Timestamp());
  running.next();
  wall.now_ms -= kMaxClockSkewMs + 1;
  running.next();
  EXPECT_EQ(running.reports(), 1);
}

TEST(HybridClock, ObservesRemoteTimesButNotFromFarAhead) {
  HandClock wall;
  HybridClock clock(wall, Timestamp());
  const Timestamp near = timestamp_at_ms(wall.now_ms + kMaxClockSkewMs);
  EXPECT_TRUE(clock.observe(near).has_value());
  EXPECT_GT(clock.next(), near);
  const Timestamp before = clock.last();
  const Result<> refused = clock.observe(timestamp_at_ms(wall.now_ms + kMaxClockSkewMs + 1));
  EXPECT_EQ(refused.error().code, ErrorCode::out_of_range);
  EXPECT_EQ(clock.last(), before);
  EXPECT_TRUE(clock.observe(Timestamp(1)).has_value());
  EXPECT_EQ(clock.last(), before);
}

TEST(HybridClock, ThreadsNeverGetTheSame) {
  HandClock wall;
  HybridClock clock(wall, Timestamp());
  std::vector<std::vector<std::uint64_t>> given(4);
  std::vector<std::thread> threads;
  for (auto& mine : given) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) mine.push_back(clock.next().value());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : given) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 80000u);
}

}  // namespace
}  // namespace dyad::store
