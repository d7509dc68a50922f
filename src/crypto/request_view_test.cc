#include "crypto/request_view.h"

#include <gtest/gtest.h>

namespace dyad::crypto {
namespace {

TEST(SameHeaderName, PassesOverTheCaseOfLettersAlone) {
  EXPECT_TRUE(same_header_name("", ""));
  EXPECT_TRUE(same_header_name("host", "Host"));
  EXPECT_TRUE(same_header_name("x-amz-content-sha256", "X-AMZ-Content-SHA256"));
  EXPECT_FALSE(same_header_name("x-amz-content-sha256", "x-amz-content-sha25"));
  EXPECT_FALSE(same_header_name("x-amz-content-sha256", "x-amz-content-sha257"));
  // These differ by the bit that tells upper from lower case, and are no letters.
  for (const auto& [a, b] :
       {std::pair('@', '`'), {'[', '{'}, {'^', '~'}, {'\r', '-'}, {'_', '\x7f'}}) {
    for (const std::size_t before : {0u, 3u, 7u, 8u, 20u}) {
      const std::string same(before, 'a'), after(9, 'b');
      EXPECT_FALSE(same_header_name(same + a + after, same + b + after)) << a << before;
      EXPECT_FALSE(same_header_name(same + a, same + b)) << a << before;
    }
  }
}

TEST(SameHeaderName, AgreesWithAByteByByteComparison) {
  const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 0x20 : c; };
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const bool same =
          lower(static_cast<unsigned char>(a)) == lower(static_cast<unsigned char>(b));
      const std::string left = "0123" + std::string(1, static_cast<char>(a)) + "567";
      const std::string right = "0123" + std::string(1, static_cast<char>(b)) + "567";
      ASSERT_EQ(same_header_name(left, right), same) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace dyad::crypto
