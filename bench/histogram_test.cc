#include "histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace dyad::bench {
namespace {

TEST(Histogram, OfNothingIsZero) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0u);
  EXPECT_EQ(empty.percentile(0.5), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t us = 1; us <= 100; ++us) histogram.record(us);
  EXPECT_EQ(histogram.percentile(0.5), 50u);
  EXPECT_EQ(histogram.percentile(0.99), 99u);
  EXPECT_EQ(histogram.percentile(1), 100u);
  EXPECT_EQ(histogram.percentile(0), 1u);
}

TEST(Histogram, LargeValuesAreWithinOnePercentOfTheSortedOnes) {
  SeededRandom random(7);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t us = random.below(std::uint64_t{1} << (1 + random.below(33)));
    values.push_back(us);
    histogram.record(us);
  }
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.01, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto at = static_cast<std::size_t>(fraction * static_cast<double>(values.size())) - 1;
    const std::uint64_t exact = values[at];
    const std::uint64_t told = histogram.percentile(fraction);
    EXPECT_GE(told, exact) << fraction;
    EXPECT_LE(told, exact + exact / 100 + 1) << fraction;
  }
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, BeyondTheLastBucketIsTheLargestValueSeen) {
  Histogram histogram;
  histogram.record(UINT64_MAX);
  histogram.record(1);
  EXPECT_EQ(histogram.percentile(0.5), 1u);
  EXPECT_LE(histogram.percentile(1), UINT64_MAX);
  EXPECT_GE(histogram.percentile(1), std::uint64_t{1} << (Histogram::kMaxBits - 1));
}

TEST(Histogram, SumsAreAsIfRecordedInOne) {
  Histogram a, b, both;
  for (std::uint64_t us = 0; us < 5000; us += 3) {
    (us % 2 == 0 ? a : b).record(us * us);
    both.record(us * us);
  }
  a.add(b);
  EXPECT_EQ(a.count(), both.count());
  for (const double fraction : {0.1, 0.5, 0.999})
    EXPECT_EQ(a.percentile(fraction), both.percentile(fraction));
}

}  // namespace
}  // namespace dyad::bench
