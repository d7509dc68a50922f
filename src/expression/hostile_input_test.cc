#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "expression/condition.h"
#include "expression/key_condition.h"
#include "expression/projection.h"
#include "expression/test_notation.h"
#include "expression/update_expression.h"

// Texts of random bytes and of random tokens through every parser, and what parses through every
// evaluator. What is tested is that nothing crashes or hangs and that every refusal is an
// invalid_argument.

namespace dyad::expression {
namespace {

constexpr std::string_view kGiven =
    "{#a: 'a', #b: 'b', :n: 1, :s: 's', :l: [1], :ss: <'s'>, :t: 'S'}";

class Texts {
 public:
  explicit Texts(std::uint32_t seed) : random_(seed) {}

  std::string bytes() {
    std::string text(random_() % 80, '\0');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }

  std::string tokens() {
    static const std::vector<std::string> kTokens = {"a",
                                                     "b",
                                                     "#a",
                                                     "#b",
                                                     ":n",
                                                     ":s",
                                                     ":l",
                                                     ":ss",
                                                     ":t",
                                                     "(",
                                                     ")",
                                                     "[",
                                                     "]",
                                                     ".",
                                                     ",",
                                                     "0",
                                                     "1",
                                                     "=",
                                                     "<>",
                                                     "<",
                                                     "<=",
                                                     ">",
                                                     ">=",
                                                     "+",
                                                     "-",
                                                     "AND",
                                                     "OR",
                                                     "NOT",
                                                     "BETWEEN",
                                                     "IN",
                                                     "SET",
                                                     "REMOVE",
                                                     "ADD",
                                                     "DELETE",
                                                     "size(",
                                                     "contains(",
                                                     "begins_with(",
                                                     "attribute_exists(",
                                                     "attribute_type(",
                                                     "if_not_exists(",
                                                     "list_append(",
                                                     "a =",
                                                     "a.b",
                                                     "a[0]",
                                                     "= :n",
                                                     "!",
                                                     "_",
                                                     "\xC3\xBC",
                                                     "#",
                                                     ":",
                                                     "99999999999",
                                                     "foo(",
                                                     "name"};
    std::string text;
    const std::size_t count = 1 + random_() % 14;
    for (std::size_t i = 0; i < count; ++i) {
      text += kTokens[random_() % kTokens.size()];
      text += ' ';
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

template <class T>
bool accepted(const Result<T>& result) {
  if (!result) {
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(result.error().message.empty());
  }
  return result.has_value();
}

/// Through all parsers; gives how many accepted it.
int feed(const std::string& text, const table::Item& item) {
  int count = 0;
  Placeholders given = testing::placeholders(kGiven);
  for (const ExpressionKind kind : {ExpressionKind::condition, ExpressionKind::filter}) {
    const auto condition = Condition::parse(text, kind, given);
    if (!accepted(condition)) continue;
    ++count;
    condition->evaluate(item.view());
    condition->evaluate(table::ItemView());
  }
  const auto projection = Projection::parse(text, given);
  if (accepted(projection)) {
    ++count;
    EXPECT_TRUE(table::validate_item(projection->apply(item.view()).encoded()).has_value()) << text;
  }
  const auto key = KeyCondition::parse(text, given);
  if (accepted(key)) {
    ++count;
    accepted(key->bind({{"a", table::Type::string}, std::nullopt}));
  }
  const auto update = UpdateExpression::parse(text, given);
  if (accepted(update)) {
    ++count;
    const auto updated = update->apply(item.view(), table::ItemView());
    if (accepted(updated)) {
      EXPECT_TRUE(table::validate_item(updated->encoded()).has_value()) << text;
    }
  }
  return count;
}

TEST(HostileInput, RandomBytesAndTokens) {
  const char* chosen = std::getenv("DYAD_SEED");
  const auto seed = chosen != nullptr
                        ? static_cast<std::uint32_t>(std::strtoul(chosen, nullptr, 10))
                        : std::random_device()();
  SCOPED_TRACE("DYAD_SEED=" + std::to_string(seed));
  Texts texts(seed);
  const table::Item item =
      testing::item("{a: {b: [1, {a: 's'}], a: 2}, b: [[1, 2], <'s', 't'>], s: 'S'}");
  int parsed = 0;
  for (int i = 0; i < 20000; ++i) feed(texts.bytes(), item);
  for (int i = 0; i < 60000; ++i) parsed += feed(texts.tokens(), item);
  EXPECT_GT(parsed, 100);  // Else the tokens are not worth feeding.
}

TEST(HostileInput, LongRunsOfOneToken) {
  const table::Item item = testing::item("{a: [1]}");
  for (const std::string token :
       {"(", ")", "[", "a.", "a[0]", "NOT ", "a=a AND ", "size(", "a,", "SET a=a,", "SET a=(",
        "a<b or (", ":n ", "#a.", "list_append(", "a in (", "a between "}) {
    std::string text;
    while (text.size() + token.size() <= 4096) text += token;
    feed(text, item);
    feed("SET a = " + text.substr(0, 4000), item);
  }
}

TEST(HostileInput, ManyPathsAreCheckedQuickly) {
  const table::Item item = testing::item("{a: [1]}");
  std::string text = "a0";
  for (int i = 1; text.size() < 4070; ++i) text += ",a" + std::to_string(i);
  EXPECT_EQ(feed(text, item), 1);
  EXPECT_EQ(feed("REMOVE " + text, item), 1);
}

}  // namespace
}  // namespace dyad::expression
