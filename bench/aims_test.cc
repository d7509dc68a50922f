#include "aims.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dyad::bench {
namespace {

/// A second in which `units` were done for so much CPU of the server.
CaseResult measured(std::string name, std::string server, std::uint64_t units,
                    std::int64_t cpu_us) {
  Phase phase;
  phase.seconds = 1;
  phase.operations = phase.units = units;
  phase.subject_cpu = CpuTimes{cpu_us, cpu_us, 0};
  return {std::move(name), std::move(server), "ops", {phase}};
}

const Aim* find(const std::vector<Aim>& aims, std::string_view what) {
  const auto found = std::ranges::find(aims, what, &Aim::what);
  return found == aims.end() ? nullptr : &*found;
}

TEST(Aims, WhatWasNotMeasuredIsNotJudged) {
  EXPECT_TRUE(held_against_aims(Results()).empty());
}

TEST(Aims, AreHeldAgainstWhatOneCoreDoes) {
  Results results;
  results.cases.push_back(measured("GetItem", "dyad", 50'000, 1'000'000));  // 20 us each
  results.cases.push_back(measured("GetItem", "dynalite", 4'000, 1'000'000));
  results.cases.push_back(measured("redis GET", "redis", 100'000, 1'000'000));
  const std::vector<Aim> aims = held_against_aims(results);
  ASSERT_EQ(aims.size(), 3u);
  const Aim* cpu = find(aims, "GetItem, 1 KiB");
  ASSERT_NE(cpu, nullptr);
  EXPECT_DOUBLE_EQ(cpu->measured, 20);
  EXPECT_FALSE(cpu->met());
  const Aim* peer = find(aims, "GetItem against dynalite, a core");
  ASSERT_NE(peer, nullptr);
  EXPECT_DOUBLE_EQ(peer->measured, 12.5);
  EXPECT_TRUE(peer->met());
  const Aim* floor = find(aims, "GetItem against redis GET, a core");
  ASSERT_NE(floor, nullptr);
  EXPECT_DOUBLE_EQ(floor->measured, 0.5);
  EXPECT_FALSE(floor->met());
}

TEST(Aims, FactsAreMediansOfTheirRounds) {
  Results results;
  results.facts.push_back({"start after kill -9", "dyad", "ms", {9000, 1500, 100}});
  const std::vector<Aim> aims = held_against_aims(results);
  ASSERT_EQ(aims.size(), 1u);
  EXPECT_DOUBLE_EQ(aims[0].measured, 1500);
  EXPECT_TRUE(aims[0].met());
}

TEST(Aims, WhatAStreamAsksOfAWriteIsToldByTheEngine) {
  Results results;
  results.cases.push_back(measured("PutItem", "dyad", 25'000, 1'000'000));                  // 40 us
  results.cases.push_back(measured("engine/PutItem", "engine", 40'000, 1'000'000));         // 25 us
  results.cases.push_back(measured("engine/PutItem+images", "engine", 37'037, 1'000'000));  // 27 us
  const std::vector<Aim> aims = held_against_aims(results);
  const Aim* images = find(aims, "both images in the log, of a PutItem");
  ASSERT_NE(images, nullptr);
  EXPECT_NEAR(images->measured, 0.05, 0.0001);
  EXPECT_TRUE(images->met());
}

TEST(Spread, IsTheMiddleAndTheEnds) {
  const Spread odd = spread_of({5, 1, 3});
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.max, 5);
  EXPECT_EQ(spread_of({4, 2}).median, 3);
  EXPECT_EQ(spread_of(std::vector<double>()).median, 0);
}

}  // namespace
}  // namespace dyad::bench
