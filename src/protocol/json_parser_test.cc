#include "protocol/json_parser.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace dyad::protocol {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonParser, ReadsOneDocumentAfterTheOther) {
  JsonParser parser;
  for (int i = 0; i < 3; ++i) {
    const auto root = parser.parse(R"({"a":[1,2,{"b":"c"}]})");
    ASSERT_TRUE(root);
    EXPECT_EQ((*root)["a"].at(2)["b"].get_string().value(), "c");
    ASSERT_FALSE(parser.parse("{"));
  }
}

TEST(JsonParser, DepthHasALimit) {
  JsonParser parser;
  EXPECT_TRUE(parser.parse(nested(kMaxJsonDepth - 1)));
  EXPECT_EQ(parser.parse(nested(kMaxJsonDepth + 1)).error().code, ErrorCode::invalid_argument);
  // Also after a document that made the parser grow, and when no bracket is ever closed.
  EXPECT_TRUE(parser.parse("[\"" + std::string(100'000, 'x') + "\"]"));
  EXPECT_FALSE(parser.parse(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(parser.parse(std::string(1'000'000, '[')));
}

TEST(JsonParser, SizeHasALimit) {
  JsonParser parser;
  const std::string largest = "\"" + std::string(kMaxJsonBytes - 2, 'x') + "\"";
  EXPECT_TRUE(parser.parse(largest));
  EXPECT_EQ(parser.parse(largest + " ").error().code, ErrorCode::too_large);
}

TEST(JsonParser, WhatIsNoJsonIsRefused) {
  JsonParser parser;
  using std::string_view_literals::operator""sv;
  for (std::string_view bad : {""sv,
                               " "sv,
                               "{"sv,
                               "}"sv,
                               "{\"a\"}"sv,
                               "{\"a\":}"sv,
                               "{\"a\":1,}"sv,
                               "[1 2]"sv,
                               "nul"sv,
                               "'a'"sv,
                               "\"a"sv,
                               "\"\xff\""sv,
                               "\"\\ud800\""sv,
                               "{} {}"sv,
                               "{}x"sv,
                               "01"sv,
                               "1e999"sv,
                               "\0"sv,
                               "\"\n\""sv,
                               "123456789012345678901234567890"sv}) {
    EXPECT_FALSE(parser.parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace dyad::protocol
