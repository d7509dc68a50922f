#include "expression/key_condition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/test_notation.h"

namespace dyad::expression {
namespace {

using table::Type;
using testing::placeholders;
using testing::show;

constexpr KeyAttributes kStringKeys = {{"pk", Type::string},
                                       KeyAttributes::Attribute{"sk", Type::string}};
constexpr KeyAttributes kNumberKeys = {{"pk", Type::string},
                                       KeyAttributes::Attribute{"sk", Type::number}};
constexpr KeyAttributes kHashOnly = {{"pk", Type::string}, std::nullopt};

/// "hash [lower, upper)" or the error.
std::string bound(const std::string& text, std::string_view given, const KeyAttributes& keys) {
  Placeholders names_and_values = placeholders(given);
  const auto condition = KeyCondition::parse(text, names_and_values);
  if (!condition) return condition.error().message;
  const auto range = condition->bind(keys);
  if (!range) return range.error().message;
  std::string shown = show(range->hash.view());
  if (range->begins_with) return shown + " begins " + *range->begins_with;
  if (!range->lower && !range->upper) return shown;
  shown += range->lower_inclusive ? " [" : " (";
  if (range->lower) shown += show(range->lower->view());
  shown += "..";
  if (range->upper) shown += show(range->upper->view());
  return shown + (range->upper_inclusive ? "]" : ")");
}

TEST(KeyConditionTest, Ranges) {
  const std::string_view given = "{:p: 'q', :a: 1, :b: 5}";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pk = :p AND sk = :a", "'q' [1..1]"},     {"pk = :p AND sk < :a", "'q' [..1)"},
      {"pk = :p AND sk <= :a", "'q' [..1]"},     {"pk = :p AND sk > :a", "'q' (1..]"},
      {"pk = :p AND sk >= :a", "'q' [1..]"},     {"pk = :p AND :a >= sk", "'q' [..1]"},
      {"pk = :p AND :a < sk", "'q' (1..]"},      {"sk BETWEEN :a AND :b AND :p = pk", "'q' [1..5]"},
      {"(pk = :p AND (sk = :b))", "'q' [5..5]"}, {"pk = :p", "'q'"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(bound(text, given, kNumberKeys), expected);
  EXPECT_EQ(bound("pk = :p AND begins_with(sk, :v)", "{:p: 'q', :v: 'ab'}", kStringKeys),
            "'q' begins ab");
  EXPECT_EQ(bound("#h = :p", "{#h: 'pk', :p: 'q'}", kHashOnly), "'q'");
}

TEST(KeyConditionTest, FormErrors) {
  const std::string_view given = "{:a: '1', :b: '1'}";
  const std::string invalid = "Invalid operator used in KeyConditionExpression: ";
  const std::string condition = "Invalid condition in KeyConditionExpression: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "Invalid KeyConditionExpression: The expression can not be empty;"},
      {"a-b", "Invalid KeyConditionExpression: Syntax error; token: \"-\", near: \"a-b\""},
      {"attribute_type(a, :t)",
       "Invalid KeyConditionExpression: An expression attribute value used in expression is not "
       "defined; attribute value: :t"},
      {"a = :a OR b = :b", invalid + "OR"},
      {"NOT a = :a", invalid + "NOT"},
      {"a IN (:a, :b)", invalid + "IN"},
      {"a <> :a", invalid + "<>"},
      {"attribute_exists(a)", invalid + "attribute_exists"},
      {"contains(a, :a) AND b = :a", invalid + "contains"},
      {":a between size(b) and size(a) and b > :b",
       condition + "BETWEEN operator must have the key attribute as its first operand"},
      {"begins_with(:a, b) and a > :b",
       condition + "begins_with operator must have the key attribute as its first operand"},
      {"size(b) > a AND a.b > b AND b > c",
       "KeyConditionExpressions cannot contain nested operations"},
      {"a > size(b.d)", "KeyConditionExpressions cannot contain nested operations"},
      {"a > b", condition + "Multiple attribute names used in one condition"},
      {":a = :b", condition + "No key attribute specified"},
      {"a.b = :a", "KeyConditionExpressions cannot have conditions on nested attributes"},
      {"pk = :a AND sk > :a AND sk < :b",
       "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
       "per key"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(bound(text, given, kStringKeys), expected) << text;
    Placeholders names_and_values = placeholders(given);
    const auto parsed = KeyCondition::parse(text, names_and_values);
    if (!parsed) continue;
    EXPECT_EQ(parsed->check().error().message, expected);
  }
}

TEST(KeyConditionTest, OperandsThatNoKeyCouldHave) {
  const auto operand = [](const std::string& operation, const std::string& type) {
    return "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
           "operator or function: " +
           operation + ", operand type: " + type;
  };
  EXPECT_EQ(bound("pk = :p AND begins_with(sk, :v)", "{:p: 'q', :v: 1}", kStringKeys),
            operand("begins_with", "N"));
  EXPECT_EQ(bound("pk = :p AND sk < :v", "{:p: 'q', :v: true}", kNumberKeys), operand("<", "BOOL"));
  EXPECT_EQ(bound("pk = :p AND :v >= sk", "{:p: 'q', :v: true}", kNumberKeys),
            operand(">=", "BOOL"));
  EXPECT_EQ(
      bound("pk = :p AND sk BETWEEN :a AND :b", "{:p: 'q', :a: false, :b: true}", kNumberKeys),
      operand("BETWEEN", "BOOL"));
}

TEST(KeyConditionTest, SchemaErrors) {
  const std::string types =
      "One or more parameter values were invalid: Condition parameter type does not match schema "
      "type";
  EXPECT_EQ(bound("pk = :p AND sk = :v", "{:p: 'q', :v: true}", kNumberKeys), types);
  EXPECT_EQ(bound("pk = :p AND begins_with(sk, :v)", "{:p: 'q', :v: 'a'}", kNumberKeys), types);
  EXPECT_EQ(bound("pk = :p", "{:p: 1}", kNumberKeys), types);
  EXPECT_EQ(bound("pk = :p AND sk > :a AND extra = :b", "{:p: 'q', :a: 1, :b: 5}", kNumberKeys),
            "The number of query conditions (3) exceeds the number of key attributes defined in "
            "the schema (2)");
  EXPECT_EQ(bound("sk = :v", "{:v: 1}", kNumberKeys),
            "Query condition missed key schema element: pk");
  EXPECT_EQ(bound("attr1 = :v", "{:v: 1}", kHashOnly),
            "Query condition missed key schema element: pk");
  EXPECT_EQ(bound("pk = :v AND attr1 = :v", "{:v: 'q'}", kStringKeys),
            "Query condition missed key schema element: sk");
  EXPECT_EQ(bound("pk > :v", "{:v: 'q'}", kStringKeys), "Query key condition not supported");
  EXPECT_EQ(bound("begins_with(pk, :v)", "{:v: 'q'}", kStringKeys),
            "Query key condition not supported");
  EXPECT_EQ(bound("pk = :v", "{:v: ''}", kStringKeys),
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk");
}

}  // namespace
}  // namespace dyad::expression
