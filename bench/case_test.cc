#include "case.h"

#include <gtest/gtest.h>

#include <set>

#include "run_engine.h"

namespace dyad::bench {
namespace {

TEST(Cases, CanBeNamedByOnlyWhichTakesSeveralBetweenCommas) {
  std::vector<std::string> names = engine_case_names();
  for (const std::unique_ptr<Case>& one : all_cases()) names.push_back(one->info().name);
  for (const std::string& name : names) EXPECT_EQ(name.find(','), std::string::npos) << name;
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

}  // namespace
}  // namespace dyad::bench
