#include "cli/human_numbers.h"

#include <gtest/gtest.h>

namespace dyad::cli {
namespace {

TEST(HumanNumbers, AreShort) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(3e12), "2.7 TiB");
  EXPECT_EQ(human_duration(0.25), "0.2 s");
  EXPECT_EQ(human_duration(59), "59 s");
  EXPECT_EQ(human_duration(61), "1 min 1 s");
  EXPECT_EQ(human_duration(3 * 3600 + 12 * 60), "3 h 12 min");
  EXPECT_EQ(human_duration(2 * 86'400 + 3600), "2 d 1 h");
}

}  // namespace
}  // namespace dyad::cli
