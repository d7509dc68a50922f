#include "expression/placeholders.h"

#include <gtest/gtest.h>

#include "expression/condition.h"
#include "expression/limits.h"
#include "expression/projection.h"
#include "expression/reserved_words.h"
#include "expression/test_notation.h"

namespace dyad::expression {
namespace {

std::string names_error(Placeholders::Names names) {
  const auto made = Placeholders::make(std::move(names), std::nullopt);
  return made ? "accepted" : made.error().message;
}

TEST(PlaceholdersTest, KeysAreChecked) {
  EXPECT_EQ(names_error({}), "ExpressionAttributeNames must not be empty");
  EXPECT_EQ(Placeholders::make(std::nullopt, Placeholders::Values()).error().message,
            "ExpressionAttributeValues must not be empty");
  for (const std::string key : {"a", "", "#", "#a-b", "#a b", ":a", "##a", "#\xC3\xBC"}) {
    EXPECT_EQ(names_error({{"#ok", "x"}, {key, "x"}}),
              "ExpressionAttributeNames contains invalid key: Syntax error; key: \"" + key + "\"");
  }
  EXPECT_EQ(names_error({{"#a1_Z", "x"}, {"#_", "y"}, {"#4g", "z"}}), "accepted");
  EXPECT_EQ(Placeholders::make(std::nullopt, Placeholders::Values{{"#a", table::Value::null()}})
                .error()
                .message,
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#a\"");
  EXPECT_EQ(names_error({{"#a", ""}}),
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a");
}

TEST(PlaceholdersTest, LimitsOfKeysAndNames) {
  const std::string longest = "#" + std::string(kMaxPlaceholderBytes - 1, 'a');
  EXPECT_EQ(names_error({{longest, "x"}}), "accepted");
  EXPECT_EQ(names_error({{longest + "a", "x"}}),
            "ExpressionAttributeNames contains invalid key: The expression attribute map contains "
            "a key that is too long; size of key: 256");
  EXPECT_EQ(names_error({{"#a", std::string(table::kMaxNameBytes, 'x')}}), "accepted");
  EXPECT_NE(names_error({{"#a", std::string(table::kMaxNameBytes + 1, 'x')}}), "accepted");
}

TEST(PlaceholdersTest, NamesAndValuesTogetherAreLimited) {
  const auto made = [](std::size_t name_bytes, std::size_t value_bytes) {
    Placeholders::Names names = {{"#a", std::string(name_bytes, 'n')}};
    Placeholders::Values values = {{":v", table::Value::string(std::string(value_bytes, 'v'))},
                                   {":w", table::Value::string(std::string(1 << 20, 'w'))}};
    const auto placeholders = Placeholders::make(std::move(names), std::move(values));
    return placeholders ? "accepted" : placeholders.error().message;
  };
  EXPECT_EQ(made(1000, (1 << 20) - 1000), "accepted");
  EXPECT_EQ(made(1000, (1 << 20) - 999),
            "ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum "
            "allowed size");
}

TEST(PlaceholdersTest, UseIsRememberedAcrossExpressions) {
  Placeholders given = testing::placeholders("{#a: 'x', #b: 'y', :a: 1, :b: 2}");
  EXPECT_EQ(given.check_all_used().error().message,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}");
  ASSERT_TRUE(Condition::parse("#a = :a", ExpressionKind::filter, given).has_value());
  EXPECT_EQ(given.check_all_used().error().message,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
  ASSERT_TRUE(Projection::parse("#b", given).has_value());
  EXPECT_EQ(given.check_all_used().error().message,
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}");
  ASSERT_TRUE(Condition::parse("z = :b", ExpressionKind::condition, given).has_value());
  EXPECT_TRUE(given.check_all_used().has_value());
}

TEST(PlaceholdersTest, NothingToUseThemIn) {
  EXPECT_EQ(testing::placeholders("{#a: 'x', :a: 1}").check_absent().error().message,
            "ExpressionAttributeNames can only be specified when using expressions");
  EXPECT_EQ(
      testing::placeholders("{:a: 1}").check_absent(": FilterExpression is null").error().message,
      "ExpressionAttributeValues can only be specified when using expressions: "
      "FilterExpression is null");
  EXPECT_TRUE(Placeholders().check_absent().has_value());
  EXPECT_TRUE(Placeholders().check_all_used().has_value());
}

TEST(ReservedWords, InAnyCase) {
  for (const char* word : {"abort", "ABORT", "Status", "zone", "flattern", "localTimestamp", "a"}) {
    EXPECT_EQ(is_reserved_word(word), std::string_view(word) != "a") << word;
  }
  for (const char* word : {"", "pk", "statuses", "abor", "localtimestamps", "_name", "ABORT "}) {
    EXPECT_FALSE(is_reserved_word(word)) << word;
  }
}

}  // namespace
}  // namespace dyad::expression
