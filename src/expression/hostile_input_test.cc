#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "expression/compiler.h"
#include "expression/condition.h"
#include "expression/key_condition.h"
#include "expression/limits.h"
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

std::string repeated(std::size_t times, const std::string& piece) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(HostileInput, AValueIsKeptOnceHoweverOftenItIsUsed) {
  Placeholders given = testing::placeholders("{:v: 's', :w: 't'}");
  const std::string list = ":v" + repeated(kMaxInOperands - 1, ",:v");
  const auto program = compile_condition("a in (" + list + ") or b in (" + list + ",:w)",
                                         ExpressionKind::condition, given, false);
  EXPECT_FALSE(program);  // One operand too many.
  const auto fits = compile_condition("a in (" + list + ") or b in (:w, :v) or :w = :v",
                                      ExpressionKind::condition, given, false);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->values.size(), 2u);
}

TEST(HostileInput, LongNamesAreNotPutInWithoutEnd) {
  const std::string longest(table::kMaxNameBytes, 'x');
  const auto parse = [&](std::size_t times) {
    Placeholders given = *Placeholders::make(Placeholders::Names{{"#a", longest}}, std::nullopt);
    const auto parsed = Projection::parse("#a" + repeated(times - 1, ".#a"), given);
    const auto more = Projection::parse("b" + repeated(times, ",#a.c"), given);
    return (parsed ? "" : parsed.error().message) + "|" + (more ? "" : more.error().message);
  };
  EXPECT_EQ(parse(1), "|");
  EXPECT_EQ(parse(33),
            "Invalid ProjectionExpression: ExpressionAttributeNames and ExpressionAttributeValues "
            "have exceeded the maximum allowed size|Invalid ProjectionExpression: "
            "ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum "
            "allowed size");
}

long peak_memory_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(HostileInput, AnUpdateThatIsTooLargeTakesLittleMemory) {
  const std::string large(390'000, 'x');
  const table::Item item = table::ItemBuilder().string("a", large).build();
  const table::Item sets = testing::item("{s0: <'y'>, s1: <'y'>}");
  table::ValueWriter set;
  set.begin_set(table::Type::string_set);
  for (int i = 0; i < 60'000; ++i) set.string("m" + std::to_string(i));
  ASSERT_EQ(set.end_set(), table::SetFault::none);
  const table::Value members = set.finish_value();
  const long before_kb = peak_memory_kb();
  for (const std::string piece : {", b%=a", ", b%=:v"}) {
    std::string text = "SET b=a";
    for (int i = 0; i < 330; ++i) {
      std::string one = piece;
      text += one.replace(one.find('%'), 1, std::to_string(i));
    }
    std::optional<Placeholders::Values> values;
    if (piece.ends_with('v')) values = Placeholders::Values{{":v", table::Value::string(large)}};
    Placeholders given = *Placeholders::make(std::nullopt, std::move(values));
    const auto update = UpdateExpression::parse(text, given);
    ASSERT_TRUE(update) << update.error().message;
    EXPECT_EQ(update->apply(item.view(), {}).error().message,
              "Item size to update has exceeded the maximum allowed size");
  }
  std::string text = "ADD s0 :m, s1 :m";
  for (int i = 2; i < 300; ++i) text += ", s" + std::to_string(i) + " :m";
  Placeholders given = *Placeholders::make(std::nullopt, Placeholders::Values{{":m", members}});
  const auto update = UpdateExpression::parse(text, given);
  ASSERT_TRUE(update) << update.error().message;
  EXPECT_EQ(update->apply(sets.view(), {}).error().message,
            "Item size to update has exceeded the maximum allowed size");
  EXPECT_LT(peak_memory_kb() - before_kb, 64 * 1024);
}

TEST(HostileInput, ValuesOfManyKeyConditionsAreNotCopied) {
  std::string text = "a = :v";
  for (int i = 0; i < 140; ++i) text += " AND a" + std::to_string(i) + " = :v";
  Placeholders given = *Placeholders::make(
      std::nullopt,
      Placeholders::Values{{":v", table::Value::string(std::string(2'000'000, 'x'))}});
  const long before_kb = peak_memory_kb();
  const auto condition = KeyCondition::parse(text, given);
  ASSERT_TRUE(condition) << condition.error().message;
  EXPECT_TRUE(condition->check());
  EXPECT_EQ(condition->bind({{"a", table::Type::string}, std::nullopt}).error().message,
            "The number of query conditions (141) exceeds the number of key attributes defined in "
            "the schema (1)");
  EXPECT_LT(peak_memory_kb() - before_kb, 64 * 1024);
}

TEST(HostileInput, ContainsTakesTimeOfTheTextAlone) {
  const table::Item item = table::ItemBuilder().string("a", std::string(400'000, 'x')).build();
  Placeholders given = *Placeholders::make(
      std::nullopt,
      Placeholders::Values{{":v", table::Value::string(std::string(200'000, 'x') + "y")}});
  const auto condition = Condition::parse("contains(a, :v)" + repeated(40, " or contains(a, :v)"),
                                          ExpressionKind::filter, given);
  ASSERT_TRUE(condition) << condition.error().message;
  const std::clock_t begin = std::clock();
  EXPECT_FALSE(condition->evaluate(item.view()));
  EXPECT_LT(std::clock() - begin, 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace dyad::expression
