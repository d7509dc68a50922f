#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/test_notation.h"
#include "expression/update_expression.h"

namespace dyad::expression {
namespace {

using testing::item;
using testing::placeholders;
using testing::show;

constexpr std::string_view kItem =
    "{pk: 'a', s: 'hello', n: 10, b: {a: 1, b: 2, c: 3}, l: [1, 3], m: {im: {x: 'y'}, l: [{k: 1}, "
    "{k: 2}]}, ss: <'a', 'b'>, ns: <1, 2>, bs: <b'p'>}";

/// The item afterwards or the error.
std::string updated(const std::string& text, std::string_view given = "{}",
                    std::string_view stored = kItem) {
  Placeholders names_and_values = placeholders(given);
  const auto update = UpdateExpression::parse(text, names_and_values);
  if (!update) return update.error().message;
  const table::Item old = stored.empty() ? table::Item() : item(stored);
  const table::Item key = item("{pk: 'a'}");
  const auto result = update->apply(old.view(), key.view());
  if (!result) return result.error().message;
  EXPECT_TRUE(table::validate_item(result->encoded()).has_value()) << text;
  return show(result->view());
}

/// One attribute afterwards.
std::string attribute(const std::string& name, const std::string& text,
                      std::string_view given = "{}") {
  Placeholders names_and_values = placeholders(given);
  const auto update = UpdateExpression::parse(text, names_and_values);
  if (!update) return update.error().message;
  const table::Item old = item(kItem);
  const auto result = update->apply(old.view(), table::ItemView());
  if (!result) return result.error().message;
  const auto found = result->view().find(name);
  return found ? show(*found) : "missing";
}

TEST(UpdateApply, Set) {
  EXPECT_EQ(attribute("n", "SET n = n + :v", "{:v: 5}"), "15");
  EXPECT_EQ(attribute("n", "SET n = n - :v", "{:v: 0.1}"), "9.9");
  EXPECT_EQ(attribute("q", "SET q = :a + :b", "{:a: 0.1, :b: 0.2}"), "0.3");
  EXPECT_EQ(attribute("q", "SET q = if_not_exists(q, :z) + :o", "{:z: 0, :o: 1}"), "1");
  EXPECT_EQ(attribute("n", "SET n = if_not_exists(n, :z)", "{:z: 99}"), "10");
  EXPECT_EQ(attribute("n", "SET n = if_not_exists(n, zz)"), "10");
  EXPECT_EQ(attribute("q", "SET q = if_not_exists(m.zz, b.c)"), "3");
  EXPECT_EQ(attribute("l", "SET l = list_append(l, :x)", "{:x: ['z', [1]]}"), "[1, 3, 'z', [1]]");
  EXPECT_EQ(attribute("l", "SET l = list_append(:x, l)", "{:x: [0]}"), "[0, 1, 3]");
  EXPECT_EQ(attribute("q", "SET q = list_append(if_not_exists(q, :e), :x)", "{:e: [], :x: [1]}"),
            "[1]");
  EXPECT_EQ(attribute("m", "SET m.im.z = :v, m.l[1].k = :v", "{:v: 5}"),
            "{im: {x: 'y', z: 5}, l: [{k: 1}, {k: 5}]}");
  EXPECT_EQ(attribute("m", "SET m.#im = :v", "{#im: 'im', :v: null}"),
            "{im: null, l: [{k: 1}, {k: 2}]}");
  EXPECT_EQ(attribute("m", "SET m.aa = b, m.zz = :v", "{:v: 1}"),
            "{aa: {a: 1, b: 2, c: 3}, im: {x: 'y'}, l: [{k: 1}, {k: 2}], zz: 1}");
}

TEST(UpdateApply, OperandsAreOfTheOldItem) {
  EXPECT_EQ(attribute("s", "SET s = n, n = s"), "10");
  EXPECT_EQ(attribute("n", "SET s = n, n = s"), "'hello'");
  EXPECT_EQ(attribute("q", "SET q = n REMOVE n"), "10");
  EXPECT_EQ(attribute("q", "SET q = ss DELETE ss :v", "{:v: <'a'>}"), "<'a', 'b'>");
}

TEST(UpdateApply, ListIndexes) {
  EXPECT_EQ(attribute("l", "SET l[0] = :v", "{:v: 'x'}"), "['x', 3]");
  EXPECT_EQ(attribute("l", "SET l[9] = :v", "{:v: 'x'}"), "[1, 3, 'x']");
  EXPECT_EQ(attribute("l", "SET l[9] = :b, l[5] = :a", "{:a: 'a', :b: 'b'}"), "[1, 3, 'a', 'b']");
  EXPECT_EQ(attribute("l", "REMOVE l[0], l[1]"), "[]");
  EXPECT_EQ(attribute("l", "REMOVE l[0] SET l[1] = :v, l[2] = :v", "{:v: 'x'}"), "['x', 'x']");
  EXPECT_EQ(attribute("l", "REMOVE l[5]"), "[1, 3]");
  EXPECT_EQ(attribute("l", "ADD l[7] :v, l[0] :v", "{:v: 1}"), "[2, 3, 1]");
  EXPECT_EQ(attribute("m", "REMOVE m.l[0] SET m.l[1].k = :v", "{:v: 9}"),
            "{im: {x: 'y'}, l: [{k: 9}]}");
  // One mixed update, as recorded from the service.
  EXPECT_EQ(updated("set b.c=((l[1])+(b.a)),b.a = pk,l[1] = pk, l[4] = b.a - b.b, l[2] = b.c add "
                    "l[8] :b, l[6] :a",
                    "{:a: 2, :b: <'a'>}", "{pk: 'a', b: {a: 1, b: 2, c: 3}, l: [1, 3]}"),
            "{b: {a: 'a', b: 2, c: 4}, l: [1, 'a', 3, -1, 2, <'a'>], pk: 'a'}");
}

TEST(UpdateApply, RemoveAddDelete) {
  EXPECT_EQ(attribute("s", "REMOVE s"), "missing");
  EXPECT_EQ(attribute("b", "REMOVE b.b, b.zz"), "{a: 1, c: 3}");
  EXPECT_EQ(attribute("n", "ADD n :v", "{:v: -3}"), "7");
  EXPECT_EQ(attribute("q", "ADD q :v", "{:v: 5}"), "5");
  EXPECT_EQ(attribute("ss", "ADD ss :v", "{:v: <'c', 'a'>}"), "<'a', 'b', 'c'>");
  EXPECT_EQ(attribute("ns", "ADD ns :v", "{:v: <2.0, 1.5>}"), "<1, 1.5, 2>");
  EXPECT_EQ(attribute("q", "ADD q :v", "{:v: <1>}"), "<1>");
  EXPECT_EQ(attribute("ss", "DELETE ss :v", "{:v: <'a', 'x'>}"), "<'b'>");
  EXPECT_EQ(attribute("ss", "DELETE ss :v", "{:v: <'a', 'b'>}"), "missing");
  EXPECT_EQ(attribute("q", "DELETE q :v", "{:v: <'a'>}"), "missing");
  EXPECT_EQ(attribute("bs", "DELETE bs :v", "{:v: <b'q'>}"), "<b'p'>");
}

TEST(UpdateApply, NoItemBeginsWithItsKey) {
  EXPECT_EQ(updated("SET n = :v", "{:v: 1}", ""), "{n: 1, pk: 'a'}");
  EXPECT_EQ(updated("SET n = pk", "{}", ""), "{n: 'a', pk: 'a'}");
  EXPECT_EQ(updated("ADD n :v", "{:v: 1}", ""), "{n: 1, pk: 'a'}");
  EXPECT_EQ(updated("REMOVE n", "{}", ""), "{pk: 'a'}");
  EXPECT_EQ(updated("SET b.a = pk", "{}", ""),
            "The document path provided in the update expression is invalid for update");
}

TEST(UpdateApply, BadTargets) {
  const std::string stored = "{a: 'k', b: 'x', c: {1: 'a'}, d: ['a', 'b']}";
  for (const std::string text : {"set b.a = :a, #1 = :a",
                                 "set b[1] = :a, #1 = :a",
                                 "set y.a = :a, #1 = :a",
                                 "set y[1] = :a, #1 = :a",
                                 "set c[1] = :a, #1 = :a",
                                 "set d.#1 = :a",
                                 "remove b.a set #1 = :a",
                                 "remove b[1] set #1 = :a",
                                 "remove y.a set #1 = :a",
                                 "remove y[1] set #1 = :a",
                                 "remove c[1] set #1 = :a",
                                 "remove d.#1 set #1 = :a",
                                 "delete b.a :a set #1 = :a",
                                 "delete b[1] :a set #1 = :a",
                                 "delete y.a :a set #1 = :a",
                                 "delete c[1] :a set #1 = :a",
                                 "delete d.#1 :a",
                                 "add b.a :a set #1 = :a",
                                 "add b[1] :a set #1 = :a",
                                 "add y[1] :a set #1 = :a",
                                 "add c[1] :a set #1 = :a",
                                 "add d.#1 :a",
                                 "set d[5].x = :a",
                                 "set c.x.y = :a"}) {
    EXPECT_EQ(updated(text, "{#1: '1', :a: <'a'>}", stored),
              "The document path provided in the update expression is invalid for update")
        << text;
  }
}

TEST(UpdateApply, BadOperands) {
  const std::string stored = "{a: 'k', b: {a: <'1'>}, c: 1, d: <1>}";
  for (const auto& [text, value] : std::vector<std::pair<std::string, std::string>>{
           {"delete d :a", "<'1'>"},
           {"delete b :a", "<1>"},
           {"delete b.a :a", "<1>"},
           {"delete b.a :a", "<b'a'>"},
           {"delete c :a", "<1>"},
           {"add b :a", "<1>"},
           {"add d :a", "1"},
           {"set e = a + :a", "1"},
           {"set e = b - :a", "1"},
           {"set e = :a - b", "1"},
           {"set e = list_append(d, if_not_exists(f, :a))", "[]"},
           {"set e = list_append(:a, c)", "[]"}}) {
    EXPECT_EQ(updated(text, "{:a: " + value + "}", stored),
              "An operand in the update expression has an incorrect data type")
        << text;
  }
  for (const std::string text : {"set c = zz", "set e = list_append(zz, c)", "set e = c + zz",
                                 "set e = b.zz", "set e = if_not_exists(zz, yy)"}) {
    EXPECT_EQ(updated(text, "{}", stored),
              "The provided expression refers to an attribute that does not exist in the item")
        << text;
  }
}

TEST(UpdateApply, Limits) {
  EXPECT_EQ(updated("SET n = n + :v", "{:v: 9E125}", "{n: 9E125}"),
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range");
  EXPECT_EQ(updated("ADD n :v", "{:v: 9E125}", "{n: 9E125}"),
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range");
  // Too many digits are an overflow, too.
  EXPECT_EQ(updated("SET n = n - :v", "{:v: 1}", "{n: 1E50}"),
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range");
  EXPECT_EQ(updated("SET n = :v + :w", "{:v: 9E125, :w: 9E124}", "{}").substr(0, 6), "{n: 99");
  std::string deep = "1";
  for (int i = 1; i < table::kMaxNestingDepth; ++i) deep = "{x: " + deep + "}";
  const std::string given = "{:v: " + deep + "}";
  EXPECT_EQ(updated("SET a = :v", given, "{pk: 'a'}"), "{a: " + deep + ", pk: 'a'}");
  EXPECT_EQ(updated("SET m.a = :v", given, "{m: {}}"),
            "Nesting Levels have exceeded supported limits");

  Placeholders big;
  auto values =
      Placeholders::Values{{":v", table::Value::string(std::string(table::kMaxItemBytes - 1, 'x'))},
                           {":w", table::Value::string("y")}};
  big = Placeholders::make(std::nullopt, values).value();
  const auto fits = UpdateExpression::parse("SET a = :v", big).value();
  EXPECT_TRUE(fits.apply(table::ItemView(), item("{}").view()).has_value());
  const auto too_large = UpdateExpression::parse("SET a = :v, b = :w", big).value();
  EXPECT_EQ(too_large.apply(table::ItemView(), item("{}").view()).error().message,
            "Item size to update has exceeded the maximum allowed size");
}

TEST(UpdateApply, NestedAppendsStopAtTheItemLimit) {
  std::string expression = "l";
  for (int i = 0; i < 100; ++i) expression = "list_append(" + expression + ", l)";
  Placeholders none;
  const auto update = UpdateExpression::parse("SET l = " + expression, none).value();
  const std::string large(300000, 'x');
  const table::Item stored = item("{l: ['" + large + "']}");
  EXPECT_EQ(update.apply(stored.view(), table::ItemView()).error().message,
            "Item size to update has exceeded the maximum allowed size");
}

TEST(UpdateApply, TouchedAttributes) {
  Placeholders given = placeholders("{:v: 9}");
  const auto update =
      UpdateExpression::parse("SET b.a = :v, l[1] = :v, l[9] = :v, q = :v REMOVE s", given).value();
  const table::Item old = item(kItem);
  const table::Item after = update.apply(old.view(), table::ItemView()).value();
  EXPECT_EQ(show(update.touched(old.view()).view()), "{b: {a: 1}, l: [3], s: 'hello'}");
  EXPECT_EQ(show(update.touched(after.view()).view()), "{b: {a: 9}, l: [9], q: 9}");
}

}  // namespace
}  // namespace dyad::expression
