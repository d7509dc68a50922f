// Expressions, compiled and evaluated over items of all types. What an update or a projection makes
// is a well-formed item; NOT turns a condition around.

#include "expression/condition.h"

#include <string>

#include "expression/key_condition.h"
#include "expression/projection.h"
#include "expression/test_notation.h"
#include "expression/update_expression.h"
#include "fuzz/fuzz_input.h"

namespace dyad::fuzz {
namespace {

using namespace expression;

constexpr std::string_view kGiven =
    "{#a: 'a', #b: 'b', #m: 'm', :n: 1, :s: 's', :e: '', :l: [1, 's'], :m: {a: 1}, :ss: <'s', "
    "'t'>, "
    ":ns: <1, 2>, :bs: <b'x'>, :b: b'x', :t: 'S', :y: true, :z: null}";

const table::Item& item_of(std::size_t i) {
  static const table::Item items[] = {
      expression::testing::item(
          "{a: 's', b: 1, m: {a: 1, b: {a: ['s']}}, l: [1, [2, 's'], {a: 1}]}"),
      expression::testing::item(
          "{a: {b: [1, {a: 's'}], a: 2}, b: [[1, 2], <'s', 't'>], s: <'s'>, n: <1, 2>}"),
      expression::testing::item(
          "{a: 99999999999999999999999999999999999999, b: b'x', m: <b'x'>, l: null}"),
      expression::testing::item("{}"),
  };
  return items[i];
}
constexpr std::size_t kItems = 4;

template <class T>
bool accepted(const Result<T>& result) {
  if (result) return true;
  DYAD_CHECK(result.error().code == ErrorCode::invalid_argument && !result.error().message.empty());
  return false;
}

void check_condition(const std::string& text, ExpressionKind kind) {
  Placeholders given = expression::testing::placeholders(kGiven);
  const Result<Condition> condition = Condition::parse(text, kind, given);
  if (!accepted(condition)) return;
  (void)condition->check_keys({"a", "b"}, kind == ExpressionKind::filter);
  const Result<Condition> opposite = Condition::parse("NOT (" + text + ")", kind, given);
  for (std::size_t i = 0; i < kItems; ++i) {
    const bool holds = condition->evaluate(item_of(i).view());
    DYAD_CHECK(!opposite || opposite->evaluate(item_of(i).view()) != holds);
  }
  condition->evaluate(table::ItemView());
}

void check_projection(std::string_view text) {
  Placeholders given = expression::testing::placeholders(kGiven);
  const Result<Projection> projection = Projection::parse(text, given);
  if (!accepted(projection)) return;
  (void)projection->check_keys({"a", "b"});
  for (std::size_t i = 0; i < kItems; ++i) {
    const table::Item picked = projection->apply(item_of(i).view());
    DYAD_CHECK(table::validate_item(picked.encoded()).has_value());
    DYAD_CHECK(table::dynamodb_size_bytes(picked.view()) <=
               table::dynamodb_size_bytes(item_of(i).view()));
  }
}

void check_key_condition(std::string_view text) {
  Placeholders given = expression::testing::placeholders(kGiven);
  const Result<KeyCondition> condition = KeyCondition::parse(text, given);
  if (!accepted(condition) || !accepted(condition->check())) return;
  for (const table::Type type : {table::Type::string, table::Type::number, table::Type::binary}) {
    accepted(condition->bind({{"a", table::Type::string}, std::nullopt}));
    accepted(condition->bind({{"a", type}, KeyAttributes::Attribute{"b", type}}));
  }
}

void check_update(std::string_view text) {
  Placeholders given = expression::testing::placeholders(kGiven);
  const Result<UpdateExpression> update = UpdateExpression::parse(text, given);
  if (!accepted(update)) return;
  (void)update->check_keys({"b"});
  const table::Item key = expression::testing::item("{k: 's'}");
  for (std::size_t i = 0; i <= kItems; ++i) {
    const table::ItemView old = i < kItems ? item_of(i).view() : table::ItemView();
    const Result<table::Item> updated = update->apply(old, key.view());
    if (!accepted(updated)) continue;
    DYAD_CHECK(table::validate_item(updated->encoded()).has_value());
    DYAD_CHECK(table::nesting_depth(updated->view()) <= table::kMaxNestingDepth);
    update->record_bytes(updated->view());
    DYAD_CHECK(table::validate_item(update->touched(updated->view()).encoded()).has_value());
    DYAD_CHECK(table::validate_item(update->touched(old).encoded()).has_value());
  }
}

}  // namespace

void check(Input input) {
  switch (input.choice(5)) {
    case 0:
      return check_condition(std::string(input.rest()), ExpressionKind::condition);
    case 1:
      return check_condition(std::string(input.rest()), ExpressionKind::filter);
    case 2:
      return check_projection(input.rest());
    case 3:
      return check_key_condition(input.rest());
    default:
      return check_update(input.rest());
  }
}

}  // namespace dyad::fuzz
