#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expression/condition.h"
#include "expression/test_notation.h"

namespace dyad::expression {
namespace {

using testing::item;
using testing::placeholders;

constexpr std::string_view kItem =
    "{pk: 'a', s: 'hello', n: 10, t: true, nul: null, b: b'bytes', l: ['x', 2, {k: 'v'}, <1>], "
    "m: {a: '1', b: {c: 3}}, ss: <'a', 'b'>, ns: <1, 2.5>, bs: <b'p', b'q'>, n2: 12, e: '', "
    "uni: '\xC3\xA9\xF0\x9D\x84\x9E'}";

bool holds(const std::string& text, std::string_view given, table::ItemView in) {
  Placeholders names_and_values = placeholders(given);
  const auto condition = Condition::parse(text, ExpressionKind::condition, names_and_values);
  EXPECT_TRUE(condition.has_value())
      << text << ": " << (condition ? "" : condition.error().message);
  return condition && condition->evaluate(in);
}

struct Case {
  std::string text;
  std::string given;
  bool expected;
};

void check(const std::vector<Case>& cases) {
  const table::Item stored = item(kItem);
  for (const Case& c : cases) {
    EXPECT_EQ(holds(c.text, c.given, stored.view()), c.expected) << c.text << " " << c.given;
  }
}

TEST(ConditionEvaluate, Comparators) {
  check({
      {"s = :v", "{:v: 'hello'}", true},
      {"n = :v", "{:v: 10.0}", true},
      {"n < :v AND n >= :w", "{:v: 11, :w: 10}", true},
      {"n < :v", "{:v: 10}", false},
      {"n <= :v", "{:v: 10}", true},
      {"n > :v", "{:v: -10}", true},
      {"s = :v", "{:v: 10}", false},
      {"s <> :v", "{:v: 10}", true},
      {"s < :v", "{:v: 10}", false},
      {"s > :v", "{:v: 10}", false},
      {"s < :v", "{:v: 'hellp'}", true},
      {"b >= :v", "{:v: b'byte'}", true},
      {"n < n2", "{}", true},
      {"t = :v", "{:v: true}", true},
      {"t <> :v", "{:v: false}", true},
      {"t < n", "{}", false},
      {"nul = :v", "{:v: null}", true},
      {"l = :v", "{:v: ['x', 2, {k: 'v'}, <1>]}", true},
      {"l = :v", "{:v: ['x', {k: 'v'}, 2, <1>]}", false},
      {"m = :v", "{:v: {b: {c: 3.0}, a: '1'}}", true},
      {"ss = :v", "{:v: <'b', 'a'>}", true},
      {"ss = :v", "{:v: <'a'>}", false},
      {"ns <> :v", "{:v: <2.50, 1>}", false},
      {":v = :v", "{:v: 1}", true},
      {":v > n", "{:v: 11}", true},
      {"m.b.c = :v AND l[1] = :w AND l[2].k = :x", "{:v: 3, :w: 2, :x: 'v'}", true},
      {"#p.#q = :v", "{#p: 'm', #q: 'a', :v: '1'}", true},
      {"(m.b).c = :v", "{:v: 3}", true},
  });
}

TEST(ConditionEvaluate, WhatIsMissingComparesFalseAndDiffers) {
  check({
      {"zz = :v", "{:v: 1}", false},
      {"zz <> :v", "{:v: 1}", true},
      {"zz = yy", "{}", false},
      {"zz <> yy", "{}", true},
      {"zz < :v", "{:v: 1}", false},
      {"NOT zz < :v", "{:v: 1}", true},
      {"zz IN (:v)", "{:v: 1}", false},
      {"zz BETWEEN :v AND :v", "{:v: 1}", false},
      {"n BETWEEN :v AND zz", "{:v: 1}", false},
      {"begins_with(zz, :v)", "{:v: 'a'}", false},
      {"begins_with(s, zz)", "{}", false},
      {"contains(zz, :v)", "{:v: 'a'}", false},
      {"attribute_type(zz, :v)", "{:v: 'S'}", false},
      {"size(zz) = :v", "{:v: 0}", false},
      {"size(zz) <> :v", "{:v: 0}", true},
      {"size(n) = :v", "{:v: 2}", false},
      {"l[4] = :v", "{:v: 1}", false},
      {"s.x = :v", "{:v: 1}", false},
      {"s[0] = :v", "{:v: 'h'}", false},
      {"m[0] = :v", "{:v: '1'}", false},
      {"l.k = :v", "{:v: '1'}", false},
  });
  EXPECT_TRUE(holds("attribute_not_exists(pk)", "{}", table::ItemView()));
  EXPECT_FALSE(holds("pk = :v", "{:v: 'a'}", table::ItemView()));
  EXPECT_TRUE(holds("pk <> :v", "{:v: 'a'}", table::ItemView()));
}

TEST(ConditionEvaluate, Functions) {
  check({
      {"attribute_exists(m.b.c) AND attribute_not_exists(zz)", "{}", true},
      {"attribute_exists(l[3]) AND attribute_not_exists(l[4])", "{}", true},
      {"attribute_exists(nul)", "{}", true},
      {"attribute_not_exists(m.b.d)", "{}", true},
      {"attribute_type(s, :a) AND attribute_type(n, :b)", "{:a: 'S', :b: 'N'}", true},
      {"attribute_type(l, :a) AND attribute_type(m, :b)", "{:a: 'L', :b: 'M'}", true},
      {"attribute_type(t, :a) AND attribute_type(nul, :b)", "{:a: 'BOOL', :b: 'NULL'}", true},
      {"attribute_type(ss, :a) AND attribute_type(bs, :b)", "{:a: 'SS', :b: 'BS'}", true},
      {"attribute_type(s, :t)", "{:t: 'N'}", false},
      {"begins_with(s, :p)", "{:p: 'he'}", true},
      {"begins_with(s, :p)", "{:p: ''}", true},
      {"begins_with(s, :p)", "{:p: 'hello!'}", false},
      {"begins_with(b, :p)", "{:p: b'by'}", true},
      {"begins_with(s, :p)", "{:p: b'he'}", false},
      {"begins_with(n, :p)", "{:p: '1'}", false},
      {"contains(s, :p)", "{:p: 'ell'}", true},
      {"contains(s, :p)", "{:p: 'elk'}", false},
      {"contains(b, :p)", "{:p: b'yte'}", true},
      {"contains(s, :p)", "{:p: 1}", false},
      {"contains(ss, :p)", "{:p: 'b'}", true},
      {"contains(ss, :p)", "{:p: 'c'}", false},
      {"contains(ns, :p)", "{:p: 2.50}", true},
      {"contains(ns, :p)", "{:p: '1'}", false},
      {"contains(bs, :p)", "{:p: b'q'}", true},
      {"contains(l, :p)", "{:p: {k: 'v'}}", true},
      {"contains(l, :p)", "{:p: <1>}", true},
      {"contains(l, :p)", "{:p: 'y'}", false},
      {"contains(m, :p)", "{:p: 'a'}", false},
      {"contains(n, :p)", "{:p: 1}", false},
      {"contains(:list, s)", "{:list: ['hello']}", true},
      {"size(s) = :v", "{:v: 5}", true},
      {"size(e) = :v", "{:v: 0}", true},
      {"size(b) = :v", "{:v: 5}", true},
      {"size(l) = :v", "{:v: 4}", true},
      {"size(m) = :v AND size(ss) = :v AND size(ns) = :v AND size(bs) = :v", "{:v: 2}", true},
      {"size(uni) = :v", "{:v: 3}", true},
      {"(size(s)) BETWEEN :a AND :b", "{:a: 5, :b: 6}", true},
      {"size(s) IN (:a, size(b))", "{:a: 6}", true},
      {"size(:v) = :n", "{:v: 'four', :n: 4}", true},
  });
}

TEST(ConditionEvaluate, BetweenAndIn) {
  check({
      {"n BETWEEN :a AND :b", "{:a: 5, :b: 10}", true},
      {"n BETWEEN :a AND :b", "{:a: 10, :b: 10}", true},
      {"n BETWEEN :a AND :b", "{:a: 11, :b: 20}", false},
      {"s BETWEEN :a AND :b", "{:a: 'h', :b: 'i'}", true},
      {"n BETWEEN :a AND :b", "{:a: '0', :b: '9'}", false},
      {":v BETWEEN n AND n2", "{:v: 11}", true},
      {"s IN (:a, :b)", "{:a: 'x', :b: 'hello'}", true},
      {"s IN (:a, n)", "{:a: 'x'}", false},
      {"l IN (:a)", "{:a: ['x', 2, {k: 'v'}, <1>]}", true},
  });
}

TEST(ConditionEvaluate, LogicalOperatorsByPrecedence) {
  const auto text = [](int a, int b, int c) {
    const auto term = [](int truth) { return truth != 0 ? "(n = :n)" : "(n <> :n)"; };
    return std::string("NOT ") + term(a) + " OR " + term(b) + " and " + term(c);
  };
  const table::Item stored = item(kItem);
  for (int bits = 0; bits < 8; ++bits) {
    const int a = bits & 1;
    const int b = bits & 2;
    const int c = bits & 4;
    const bool expected = a == 0 || (b != 0 && c != 0);
    EXPECT_EQ(holds(text(a, b, c), "{:n: 10}", stored.view()), expected) << bits;
  }
  check({
      {"(n = :n OR s = :n) AND NOT t = :f", "{:n: 10, :f: false}", true},
      {"n = :n OR s = :n AND t = :f", "{:n: 10, :f: false}", true},
      {"(n = :n OR s = :n) AND t = :f", "{:n: 10, :f: false}", false},
      {"NOT NOT n = :n", "{:n: 10}", true},
      {"NOT (n = :n AND t = :f)", "{:n: 10, :f: false}", true},
      {"n BETWEEN :a AND :b AND s = :c", "{:a: 1, :b: 20, :c: 'hello'}", true},
  });
}

TEST(ConditionEvaluate, KeysInFiltersAndPaths) {
  Placeholders given = placeholders("{:v: 1, #k: 'sk'}");
  const auto condition =
      Condition::parse("a = :v AND #k = :v", ExpressionKind::filter, given).value();
  EXPECT_EQ(condition.check_keys({"pk", "sk"}, true).error().message,
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
            "sk");
  EXPECT_TRUE(condition.check_keys({"pk"}, true).has_value());
  EXPECT_TRUE(condition.check_keys({"pk", "sk"}, false).has_value());
  const auto nested = Condition::parse("pk.a = :v", ExpressionKind::condition, given).value();
  EXPECT_EQ(nested.check_keys({"pk", "sk"}, false).error().message,
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: pk");
}

}  // namespace
}  // namespace dyad::expression
