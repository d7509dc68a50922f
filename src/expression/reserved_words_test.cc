#include "expression/reserved_words.h"

#include <gtest/gtest.h>

#include <set>

#include "expression/condition.h"
#include "expression/key_condition.h"
#include "expression/projection.h"
#include "expression/test_notation.h"
#include "expression/update_expression.h"

namespace dyad::expression {
namespace {

constexpr std::string_view kGiven = "{:v: 1}";

std::string error_of(ExpressionKind kind, const std::string& text) {
  Placeholders given = testing::placeholders(kGiven);
  const auto said = [](const auto& parsed) {
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  switch (kind) {
    case ExpressionKind::update:
      return said(UpdateExpression::parse(text, given));
    case ExpressionKind::projection:
      return said(Projection::parse(text, given));
    case ExpressionKind::key_condition:
      return said(KeyCondition::parse(text, given));
    default:
      return said(Condition::parse(text, kind, given));
  }
}

struct Position {
  ExpressionKind kind;
  std::string parameter;
  std::string text;  ///< "@" is the word.
};

const std::vector<Position>& positions() {
  static const std::vector<Position> all = [] {
    std::vector<Position> made;
    const auto add = [&made](ExpressionKind kind, const std::string& parameter,
                             std::initializer_list<const char*> texts) {
      for (const char* text : texts) made.push_back({kind, parameter, text});
    };
    const std::initializer_list<const char*> conditions = {"@ = :v",
                                                           ":v <= @",
                                                           "a.@ = :v",
                                                           "a[0].@ <> :v",
                                                           "@.a = :v",
                                                           "@[0] = :v",
                                                           "NOT @ < :v",
                                                           "a = :v OR @ = :v",
                                                           "@ IN (:v)",
                                                           "a IN (:v, @)",
                                                           "a BETWEEN @ AND b",
                                                           "size(@) = :v",
                                                           "contains(@, b)",
                                                           "attribute_exists(@)",
                                                           "(@) = :v"};
    add(ExpressionKind::condition, "ConditionExpression", conditions);
    add(ExpressionKind::filter, "FilterExpression", conditions);
    add(ExpressionKind::key_condition, "KeyConditionExpression",
        {"@ = :v", ":v = @", "a = :v AND @ > :v", "a = :v AND begins_with(@, :v)"});
    add(ExpressionKind::projection, "ProjectionExpression", {"@", "a, @", "a.@", "a[1].@", "@.a"});
    add(ExpressionKind::update, "UpdateExpression",
        {"SET @ = :v", "SET a = @", "SET a.@ = :v", "SET a[0].@ = :v", "SET a = @ + :v",
         "SET a = if_not_exists(@, :v)", "SET a = list_append(:v, @)", "SET a = :v, @ = :v",
         "REMOVE @", "REMOVE a, a.@", "ADD @ :v", "DELETE @ :v", "REMOVE a SET @ = :v"});
    return made;
  }();
  return all;
}

TEST(ReservedWords, InEveryPositionOfEveryExpression) {
  // Words of the grammars themselves end in a syntax error where they stand for a name.
  const std::set<std::string_view> grammar = {"AND", "OR", "NOT", "BETWEEN", "IN"};
  const std::set<std::string_view> update_grammar = {"SET", "ADD", "DELETE"};
  ASSERT_EQ(reserved_words().size(), kReservedWordCount);
  for (const std::string_view word : reserved_words()) {
    std::string mixed(word);
    for (std::size_t i = 0; i < mixed.size(); i += 2) mixed[i] |= 0x20;
    for (const Position& position : positions()) {
      const bool updates = position.kind == ExpressionKind::update;
      const bool projects = position.kind == ExpressionKind::projection;
      std::string text = position.text;
      text.replace(text.find('@'), 1, mixed);
      const std::string prefix = "Invalid " + position.parameter + ": ";
      const std::string got = error_of(position.kind, text);
      if ((!projects && !updates && grammar.contains(word)) ||
          (updates && update_grammar.contains(word))) {
        EXPECT_TRUE(got.starts_with(prefix)) << text << ": " << got;
        continue;
      }
      EXPECT_EQ(got, prefix + "Attribute name is a reserved keyword; reserved keyword: " + mixed)
          << text;
    }
  }
}

TEST(ReservedWords, StandBehindPlaceholdersAndInsideOtherNames) {
  Placeholders given = testing::placeholders("{#n: 'abort', :v: 1}");
  EXPECT_TRUE(Condition::parse("#n = :v AND aborted.abort1 = :v AND pk = :v",
                               ExpressionKind::condition, given)
                  .has_value());
}

}  // namespace
}  // namespace dyad::expression
