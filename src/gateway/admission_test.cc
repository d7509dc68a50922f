#include "gateway/admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

namespace dyad::gateway {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kLimitUs = 50'000;

/// One reactor with its line of requests, first come first served, in virtual time.
class Line {
 public:
  /// More cannot wait.
  static constexpr std::size_t kConnections = 5000;

  struct Came {
    std::int64_t at_us = 0;
    bool refused = false;
    std::int64_t waited_us = 0;
    std::int64_t begun_us = 0;
    bool known = true;
  };

  Line(std::int64_t serve_us, std::int64_t refuse_us, std::int64_t limit_us = kLimitUs)
      : serve_us_(serve_us), refuse_us_(refuse_us), admission_(limit_us, [this] {
          line_.push_back({now_us_, true, true});
          ++probes_;
        }) {}

  void add(std::int64_t at_us, bool known = true) { line_.push_back({at_us, false, known}); }

  /// An open loop until `end_us`, evenly at so many times what the reactor can serve.
  void load(double times, std::int64_t end_us) {
    const double gap_us = static_cast<double>(serve_us_) / times;
    double next_us = static_cast<double>(now_us_);
    while (now_us_ < end_us) {
      for (; next_us <= static_cast<double>(now_us_); next_us += gap_us)
        if (line_.size() < kConnections) add(static_cast<std::int64_t>(next_us));
      if (!step()) now_us_ = static_cast<std::int64_t>(next_us) + 1;
    }
  }
  /// So many clients that ask again as soon as they are answered.
  void closed_loop(int clients, std::int64_t end_us) {
    for (int i = 0; i < clients; ++i) add(now_us_);
    while (now_us_ < end_us) {
      const std::size_t before = begun_.size();
      step();
      if (begun_.size() > before) add(now_us_);
    }
  }
  void drain() {
    while (step()) {
    }
  }
  void rest(std::int64_t us) { now_us_ += us; }

  std::vector<Came> between(std::int64_t from_us, std::int64_t to_us) const {
    std::vector<Came> found;
    std::ranges::copy_if(begun_, std::back_inserter(found), [&](const Came& one) {
      return one.begun_us >= from_us && one.begun_us < to_us;
    });
    return found;
  }
  std::size_t served(std::int64_t from_us, std::int64_t to_us) const {
    const std::vector<Came> found = between(from_us, to_us);
    return static_cast<std::size_t>(
        std::ranges::count_if(found, [](const Came& one) { return !one.refused; }));
  }
  std::uint64_t refused() const { return admission_.refused(); }
  std::int64_t now_us() const { return now_us_; }
  int probes() const { return probes_; }
  Admission& admission() { return admission_; }

 private:
  struct Place {
    std::int64_t at_us = 0;
    bool probe = false;
    bool known = true;
  };

  bool step() {
    if (line_.empty()) return false;
    const Place place = line_.front();
    line_.pop_front();
    if (place.probe) {
      admission_.probe_came(place.at_us, now_us_);
      return true;
    }
    admission_.request_came(now_us_);
    Came one{place.at_us, false, now_us_ - place.at_us, now_us_, place.known};
    one.refused = admission_.refuses(place.known, false);
    begun_.push_back(one);
    now_us_ += one.refused ? refuse_us_ : serve_us_;
    return true;
  }

  const std::int64_t serve_us_;
  const std::int64_t refuse_us_;
  std::int64_t now_us_ = 0;
  int probes_ = 0;
  std::deque<Place> line_;
  std::vector<Came> begun_;
  Admission admission_;
};

/// What a reactor can serve a second where it must refuse the rest.
double best_rate(double times, double serve_us, double refuse_us) {
  return (1 - times * refuse_us / serve_us) / (1 - refuse_us / serve_us) * 1e6 / serve_us;
}

void expect_held(double times, std::int64_t serve_us, std::int64_t refuse_us) {
  SCOPED_TRACE(times);
  Line line(serve_us, refuse_us);
  line.load(times, 5 * kSecondUs);
  std::vector<std::int64_t> waits;
  for (const Line::Came& one : line.between(2 * kSecondUs, 5 * kSecondUs))
    if (!one.refused) waits.push_back(one.waited_us);
  std::ranges::sort(waits);
  ASSERT_FALSE(waits.empty());
  EXPECT_LT(waits[waits.size() * 99 / 100], 2 * kLimitUs);
  const double rate = static_cast<double>(waits.size()) / 3;
  const double best =
      best_rate(times, static_cast<double>(serve_us), static_cast<double>(refuse_us));
  EXPECT_GT(rate, best * 0.9);
  constexpr std::int64_t kWindowUs = 200'000;
  for (std::int64_t from = 2 * kSecondUs; from < 5 * kSecondUs; from += kWindowUs)
    EXPECT_GT(static_cast<double>(line.served(from, from + kWindowUs)), rate / 5 * 0.6) << from;
}

TEST(Admission, AStandingLineIsHeldAtTheLimitAndTheReactorStaysBusy) {
  expect_held(1.2, 40, 6);
  expect_held(3, 40, 6);
  expect_held(3, 200, 10);
  expect_held(20, 100, 2);
}

TEST(Admission, ABurstIsServedWhole) {
  for (const auto& [requests, serve_us] :
       {std::pair(1000, 30), std::pair(3000, 30), std::pair(10'000, 40), std::pair(1000, 1000)}) {
    Line line(serve_us, 5);
    for (int burst = 0; burst < 3; ++burst) {
      for (int i = 0; i < requests; ++i) line.add(line.now_us());
      line.drain();
      line.rest(10'000);
    }
    EXPECT_EQ(line.refused(), 0u) << requests << " of " << serve_us;
    EXPECT_GE(line.probes(), 3);
  }
}

TEST(Admission, WhatIsLongerThanAnyBurstIsRefusedBeforeItHasPassed) {
  constexpr std::int64_t kServeUs = 1000;
  Line line(kServeUs, 5);
  for (int i = 0; i < 4000; ++i) line.add(0);
  line.drain();
  const std::int64_t due_us =
      std::max<std::int64_t>(Admission::kBurstUs, Admission::kBurstRequests * kServeUs);
  const std::vector<Line::Came> found = line.between(0, 100 * kSecondUs);
  const auto first = std::ranges::find_if(found, [](const Line::Came& one) { return one.refused; });
  ASSERT_NE(first, found.end());
  EXPECT_GE(first->begun_us, due_us);
  EXPECT_LE(first->begun_us, due_us + 2 * Admission::kProbeEveryUs);
}

TEST(Admission, AThousandClientsOfShortRequestsAreServed) {
  Line line(40, 6);
  line.closed_loop(1000, 3 * kSecondUs);
  EXPECT_EQ(line.refused(), 0u);
}

TEST(Admission, AShortLineIsNeverRefusedHoweverLongItTakes) {
  Line line(20'000, 10);
  line.closed_loop(static_cast<int>(Admission::kLeastWaiting) - 2, 20 * kSecondUs);
  EXPECT_EQ(line.refused(), 0u);
  Line longer(20'000, 10);
  longer.closed_loop(static_cast<int>(Admission::kLeastWaiting) * 2, 60 * kSecondUs);
  EXPECT_GT(longer.refused(), 0u);
}

TEST(Admission, AfterwardsAllAreServed) {
  Line line(40, 6);
  line.load(3, 3 * kSecondUs);
  EXPECT_TRUE(line.admission().shedding());
  line.load(0.7, 5 * kSecondUs);
  const std::uint64_t refused = line.refused();
  line.load(0.7, 8 * kSecondUs);
  EXPECT_EQ(line.refused(), refused);
  EXPECT_FALSE(line.admission().shedding());
}

TEST(Admission, SilenceEndsIt) {
  Line line(40, 6);
  line.load(3, 3 * kSecondUs);
  line.drain();
  line.rest(ShedShare::kForgetUs + 1);
  const std::uint64_t refused = line.refused();
  for (int i = 0; i < 100; ++i) line.add(line.now_us());
  line.drain();
  EXPECT_EQ(line.refused(), refused);
}

TEST(Admission, WhoNamesNoKeyIsRefusedFirst) {
  Line line(40, 6);
  line.load(1.5, 3 * kSecondUs);
  Admission& admission = line.admission();
  ASSERT_TRUE(admission.shedding());
  ASSERT_LT(admission.share(), 0.9);
  int known = 0, strangers = 0;
  for (int i = 0; i < 1000; ++i) {
    known += admission.refuses(true, true) ? 1 : 0;
    strangers += admission.refuses(false, false) ? 1 : 0;
  }
  EXPECT_EQ(strangers, 1000);
  EXPECT_NEAR(known, 1000 * admission.share(), 1);
}

/// Requests come steadily to a reactor whose own line is empty; that of the writes is as told.
class WritesLine {
 public:
  void stands_for(std::int64_t us, Admission::WriteLine line) {
    line_ = line;
    for (const std::int64_t end_us = now_us_ + us; now_us_ < end_us; now_us_ += kGapUs)
      admission_.request_came(now_us_);
  }
  Admission& admission() { return admission_; }

 private:
  static constexpr std::int64_t kGapUs = 1000;
  std::int64_t now_us_ = 0;
  Admission::WriteLine line_;
  Admission admission_{kLimitUs, [this] { admission_.probe_came(now_us_, now_us_); },
                       [this](std::int64_t) { return line_; }};
};

constexpr Admission::WriteLine kLongLine = {4 * kLimitUs, 4 * Admission::kLeastWaiting};

TEST(Admission, WhereWritesStandBeforeTheCommitterAShareOfThemIsRefused) {
  WritesLine line;
  Admission& admission = line.admission();
  line.stands_for(3 * kSecondUs, kLongLine);
  ASSERT_TRUE(admission.shedding());
  EXPECT_EQ(admission.share(), 0);
  EXPECT_GT(admission.share_of_writes(), 0.5);
  EXPECT_LE(admission.share_of_writes(), ShedShare::kMaxShare);
  EXPECT_EQ(admission.writes_wait_us(), kLongLine.waited_us);
  int writes = 0, reads = 0, strangers_writes = 0, strangers_reads = 0;
  for (int i = 0; i < 1000; ++i) {
    writes += admission.refuses(true, true) ? 1 : 0;
    reads += admission.refuses(true, false) ? 1 : 0;
    strangers_writes += admission.refuses(false, true) ? 1 : 0;
    strangers_reads += admission.refuses(false, false) ? 1 : 0;
  }
  EXPECT_NEAR(writes, 1000 * admission.share_of_writes(), 1);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(strangers_writes, 1000);
  EXPECT_EQ(strangers_reads, 0);
  EXPECT_EQ(admission.refused(), static_cast<std::uint64_t>(writes + strangers_writes));
  line.stands_for(2 * kSecondUs, {});
  EXPECT_FALSE(admission.shedding());
  EXPECT_EQ(admission.share_of_writes(), 0);
}

TEST(Admission, ADiskThatStallsNowAndThenIsNoLine) {
  WritesLine line;
  for (int stall = 0; stall < 20; ++stall) {
    line.stands_for(Admission::kWritesStandingUs - 10'000, kLongLine);
    EXPECT_FALSE(line.admission().shedding());
    line.stands_for(20'000, {});
  }
}

TEST(Admission, FewWritesInLineAreNeverRefused) {
  WritesLine line;
  line.stands_for(5 * kSecondUs, {100 * kLimitUs, Admission::kLeastWaiting - 1});
  EXPECT_FALSE(line.admission().shedding());
  line.stands_for(5 * kSecondUs, {kLimitUs, 100 * Admission::kLeastWaiting});
  EXPECT_FALSE(line.admission().shedding());
}

TEST(Admission, SilenceEndsTheSheddingOfWrites) {
  WritesLine line;
  line.stands_for(3 * kSecondUs, kLongLine);
  ASSERT_TRUE(line.admission().shedding());
  // No request came for so long; what the line was like before says nothing.
  line.admission().request_came(4 * kSecondUs + ShedShare::kForgetUs);
  EXPECT_FALSE(line.admission().shedding());
}

TEST(Admission, RefusalsArePacedAndNotForLong) {
  Admission admission(kLimitUs, [] {});
  EXPECT_EQ(admission.pause_us(0), 0);
  std::int64_t pause_us = 0;
  for (int i = 0; i < Admission::kRefusalsPerS / 2; ++i) pause_us = admission.pause_us(0);
  EXPECT_EQ(pause_us, kSecondUs / 2);
  for (int i = 0; i < Admission::kRefusalsPerS; ++i) pause_us = admission.pause_us(0);
  EXPECT_EQ(pause_us, Admission::kLongestPauseUs);
  EXPECT_EQ(admission.pause_us(3 * kSecondUs), 0);
}

TEST(Admission, WithoutALimitNothingIsMeasuredOrRefused) {
  Line line(40, 6, 0);
  line.load(3, 2 * kSecondUs);
  EXPECT_EQ(line.refused(), 0u);
  EXPECT_EQ(line.probes(), 0);
}

}  // namespace
}  // namespace dyad::gateway
