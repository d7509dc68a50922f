#include "redis_connection.h"

#include <gtest/gtest.h>

namespace dyad::bench {
namespace {

TEST(RedisAnswer, IsWholeOnlyWithItsLastByte) {
  const std::string whole = "$5\r\nhe\r\no\r\n";
  std::string_view answer;
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(complete_redis_answer(std::string_view(whole).substr(0, i), answer), 0u) << i;
  EXPECT_EQ(complete_redis_answer(whole, answer), whole.size());
  EXPECT_EQ(answer, "he\r\no");
}

TEST(RedisAnswer, OfOneLine) {
  std::string_view answer;
  EXPECT_EQ(complete_redis_answer("+OK\r\n", answer), 5u);
  EXPECT_EQ(answer, "+OK");
  EXPECT_EQ(complete_redis_answer("$-1\r\n", answer), 5u);
  EXPECT_EQ(answer, "$-1");
  EXPECT_EQ(complete_redis_answer("$0\r\n\r\n", answer), 6u);
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace dyad::bench
