#include "expression/key_condition.h"

#include <algorithm>

#include "expression/compiler.h"
#include "expression/errors.h"
#include "expression/functions.h"

namespace dyad::expression {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

/// The same comparison seen from the other side.
Operation mirrored(Operation operation) {
  switch (operation) {
    case Operation::less:
      return Operation::greater;
    case Operation::less_equal:
      return Operation::greater_equal;
    case Operation::greater:
      return Operation::less;
    case Operation::greater_equal:
      return Operation::less_equal;
    default:
      return operation;
  }
}

}  // namespace

Result<KeyCondition> KeyCondition::parse(std::string_view text, Placeholders& placeholders) {
  DYAD_TRY_ASSIGN(Program program,
                  compile_condition(text, ExpressionKind::key_condition, placeholders, false));
  return KeyCondition(std::move(program));
}

bool KeyCondition::is_path(NodeIndex node) const {
  return program_.steps[node].operation == Operation::path;
}

/// What no key condition may hold at all.
Result<> KeyCondition::check_operator(const Step& step) const {
  constexpr std::string_view kInvalid = "Invalid operator used in KeyConditionExpression: ";
  constexpr std::string_view kFirst = " operator must have the key attribute as its first operand";
  switch (step.operation) {
    case Operation::logical_or:
    case Operation::logical_not:
    case Operation::in:
    case Operation::not_equal:
      return refuse(std::string(kInvalid) + std::string(operation_name(step.operation)));
    case Operation::function:
      if (step.function != Function::begins_with) {
        return refuse(std::string(kInvalid) + std::string(rule_of(step.function).name));
      }
      break;
    case Operation::between:
      break;
    default:
      return {};
  }
  if (is_path(program_.operand(step, 0))) return {};
  const std::string_view name = step.operation == Operation::between
                                    ? operation_name(step.operation)
                                    : rule_of(step.function).name;
  return refuse("Invalid condition in KeyConditionExpression: " + std::string(name) +
                std::string(kFirst));
}

Result<> KeyCondition::collect(NodeIndex node, std::vector<KeyTerm>& terms) const {
  const Step& step = program_.steps[node];
  if (step.operation == Operation::logical_and) {
    DYAD_TRY(collect(program_.operand(step, 0), terms));
    return collect(program_.operand(step, 1), terms);
  }
  DYAD_TRY(check_operator(step));
  DYAD_TRY_ASSIGN(KeyTerm term, make_term(step, terms.size() < kMaxKeyAttributes));
  const bool again = std::ranges::any_of(
      terms, [&term](const KeyTerm& other) { return other.attribute == term.attribute; });
  if (again) {
    return invalid(ExpressionKind::key_condition,
                   "KeyConditionExpressions must only contain one condition per key");
  }
  terms.push_back(std::move(term));
  return {};
}

/// One attribute and values, in either order. The values of terms beyond the number of keys that
/// any table has are not kept: those terms are only counted.
Result<KeyTerm> KeyCondition::make_term(const Step& step, bool keep_values) const {
  constexpr const char* kPrefix = "Invalid condition in KeyConditionExpression: ";
  KeyTerm term;
  term.operation = step.operation;
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    const Step& operand = program_.steps[program_.operand(step, i)];
    if (operand.operation == Operation::value) {
      if (keep_values) term.values.push_back(program_.values[operand.operand]);
      continue;
    }
    if (operand.operation != Operation::path) {
      return refuse("KeyConditionExpressions cannot contain nested operations");
    }
    if (!term.attribute.empty()) {
      return refuse(std::string(kPrefix) + "Multiple attribute names used in one condition");
    }
    const Path& path = program_.paths[operand.operand];
    if (path.size() > 1) {
      return refuse("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    term.attribute = path.front().name;
    if (i > 0) term.operation = mirrored(step.operation);
  }
  if (term.attribute.empty()) {
    return refuse(std::string(kPrefix) + "No key attribute specified");
  }
  return term;
}

Result<> KeyCondition::check() const {
  std::vector<KeyTerm> terms;
  return collect(program_.root, terms);
}

Result<KeyRange> KeyCondition::bind(const KeyAttributes& keys) const {
  std::vector<KeyTerm> terms;
  DYAD_TRY(collect(program_.root, terms));
  return bind_key_terms(terms, keys);
}

}  // namespace dyad::expression
