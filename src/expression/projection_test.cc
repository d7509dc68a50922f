#include "expression/projection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/test_notation.h"

namespace dyad::expression {
namespace {

using testing::item;
using testing::placeholders;
using testing::show;

constexpr std::string_view kGiven = "{#a: 'a', #b: '[3]', #k: 'k'}";

std::string projection_error(const std::string& text) {
  Placeholders given = placeholders(kGiven);
  const auto parsed = Projection::parse(text, given);
  if (parsed) return "accepted";
  const std::string prefix = "Invalid ProjectionExpression: ";
  EXPECT_EQ(parsed.error().message.substr(0, prefix.size()), prefix);
  return parsed.error().message.substr(prefix.size());
}

TEST(ProjectionErrors, Syntax) {
  EXPECT_EQ(projection_error(""), "The expression can not be empty;");
  EXPECT_EQ(projection_error("#a[].#k"), "Syntax error; token: \"]\", near: \"[].\"");
  EXPECT_EQ(projection_error("!!! INVALID !!!"), "Syntax error; token: \"!\", near: \"!!\"");
  for (const std::string text : {"whatever(stuff)", ":a", "abort,", "a,,b", "a..b", "a[b]",
                                 "(a.b).c", "(a)", "(a),(b)", "(a,b)", "a-b", "a b", "a[1", ","}) {
    EXPECT_EQ(projection_error(text).substr(0, 14), "Syntax error; ") << text;
  }
}

TEST(ProjectionErrors, NamesAndIndexes) {
  EXPECT_EQ(projection_error("a.abORt"),
            "Attribute name is a reserved keyword; reserved keyword: abORt");
  EXPECT_EQ(projection_error("#z,ABSoLUTE"),
            "Attribute name is a reserved keyword; reserved keyword: ABSoLUTE");
  EXPECT_EQ(projection_error("a,b,a,#z"),
            "An expression attribute name used in the document path is not defined; attribute "
            "name: #z");
  EXPECT_EQ(projection_error("a[99999999999]"),
            "List index is not within the allowable range; index: [99999999999]");
  EXPECT_EQ(projection_error("a[2147483647]"), "accepted");
}

TEST(ProjectionErrors, ClashingPaths) {
  struct Case {
    std::string text;
    std::string verb;
    std::string one;
    std::string two;
  };
  for (const Case& c : std::vector<Case>{
           {"b[1], b.a, #a.b, a", "overlap", "[a, b]", "[a]"},
           {"a, #a[1]", "overlap", "[a]", "[a, [1]]"},
           {"x, x", "overlap", "[x]", "[x]"},
           {"a.b.c, z, a.b", "overlap", "[a, b, c]", "[a, b]"},
           {"a.b, #a[1], #b", "conflict", "[a, b]", "[a, [1]]"},
           {"a.b[1], #a[1], #b", "conflict", "[a, b, [1]]", "[a, [1]]"},
           {"a[3].b, #a.#b.b", "conflict", "[a, [3], b]", "[a, [3], b]"},
       }) {
    EXPECT_EQ(projection_error(c.text),
              "Two document paths " + c.verb +
                  " with each other; must remove or rewrite one of these paths; path one: " +
                  c.one + ", path two: " + c.two);
  }
  EXPECT_EQ(projection_error("a[1], a[11], a[2].b, a[2].c, b.a, c"), "accepted");
}

TEST(ProjectionApply, PicksPartsInTheirPlaces) {
  const table::Item stored = item(
      "{pk: 'p', n: 1, m: {a: 1, b: {c: 2, d: 3}, l: [{k: 7}, 8]}, l: ['x', ['y', 'z'], {k: 'v', "
      "q: 'w'}, 9], s: <'a'>}");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pk", "{pk: 'p'}"},
      {"s, n, pk", "{n: 1, pk: 'p', s: <'a'>}"},
      {"m.b.c", "{m: {b: {c: 2}}}"},
      {"m.b", "{m: {b: {c: 2, d: 3}}}"},
      {"m.b.d, m.a", "{m: {a: 1, b: {d: 3}}}"},
      {"l[3], l[0]", "{l: ['x', 9]}"},
      {"l[2].k, l[1][1], l[7]", "{l: [['z'], {k: 'v'}]}"},
      {"m.l[0].#k, m.l[1]", "{m: {l: [{k: 7}, 8]}}"},
      {"zz", "{}"},
      {"m.zz, m.b.zz.c, l[9], l.k, m[0], n.x, s[0]", "{}"},
      {"l[2].zz, pk", "{pk: 'p'}"},
  };
  for (const auto& [text, expected] : cases) {
    Placeholders given = placeholders(kGiven);
    const auto projection = Projection::parse(text, given);
    ASSERT_EQ(projection.has_value(), text.find("m[0]") == std::string::npos) << text;
    if (!projection) continue;  // "m.zz, m[0]" takes m for both a map and a list.
    const table::Item picked = projection->apply(stored.view());
    EXPECT_EQ(show(picked.view()), show(item(expected).view())) << text;
    EXPECT_TRUE(table::validate_item(picked.encoded()).has_value()) << text;
  }
}

TEST(ProjectionApply, NoItemAndWholeAttributes) {
  Placeholders none;
  const Projection projection = Projection::parse("a", none).value();
  EXPECT_EQ(show(projection.apply(table::ItemView()).view()), "{}");
  const Projection attributes = Projection::of_attributes({"n", "a.b", "zz"});
  EXPECT_EQ(show(attributes.apply(item("{n: 1, a.b: 2, c: 3}").view()).view()), "{a.b: 2, n: 1}");
  EXPECT_EQ(Projection::parse("pk.a", none).value().check_keys({"pk"}).error().message,
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: pk");
}

}  // namespace
}  // namespace dyad::expression
