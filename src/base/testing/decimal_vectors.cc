// Answers lines "a b" of two number texts with what Decimal makes of them, for the comparison with
// another implementation in decimal_reference_test.py:
//   parse(a) parse(b) key(a) key(b) order(a, b) a+b a-b
// Fields that do not exist for lack of a number are "-"; a fault is its name.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/bytes.h"
#include "base/decimal.h"

namespace {

using dyad::Decimal;
using dyad::DecimalFault;
using Outcome = std::expected<Decimal, DecimalFault>;

std::string text(const Outcome& outcome) {
  if (outcome) return outcome->to_string();
  switch (outcome.error()) {
    case DecimalFault::invalid_text:
      return "invalid";
    case DecimalFault::overflow:
      return "overflow";
    case DecimalFault::underflow:
      return "underflow";
    case DecimalFault::precision:
      return "precision";
  }
  return "?";
}

std::string key(const Outcome& outcome) {
  if (!outcome) return "-";
  std::string bytes;
  outcome->append_key(bytes);
  return dyad::Decimal::from_key(bytes) == *outcome ? dyad::to_hex(bytes) : "decodes-differently";
}

std::string order(const Outcome& a, const Outcome& b) {
  if (!a || !b) return "-";
  return *a < *b ? "<" : *a > *b ? ">" : "=";
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string first, second;
  while (std::cin >> first >> second) {
    const Outcome a = Decimal::parse(first), b = Decimal::parse(second);
    const bool both = a && b;
    std::cout << text(a) << ' ' << text(b) << ' ' << key(a) << ' ' << key(b) << ' ' << order(a, b)
              << ' ' << (both ? text(a->add(*b)) : "-") << ' '
              << (both ? text(a->subtract(*b)) : "-") << '\n';
  }
  return 0;
}
