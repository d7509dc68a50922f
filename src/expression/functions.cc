#include "expression/functions.h"

#include <array>

namespace dyad::expression {
namespace {

// By the value of Function.
constexpr std::array kRules = {
    FunctionRule{"attribute_exists", Function::attribute_exists, 1, FunctionUse::condition},
    FunctionRule{"attribute_not_exists", Function::attribute_not_exists, 1, FunctionUse::condition},
    FunctionRule{"attribute_type", Function::attribute_type, 2, FunctionUse::condition},
    FunctionRule{"begins_with", Function::begins_with, 2, FunctionUse::condition},
    FunctionRule{"contains", Function::contains, 2, FunctionUse::condition},
    FunctionRule{"size", Function::size, 1, FunctionUse::operand},
    FunctionRule{"if_not_exists", Function::if_not_exists, 2, FunctionUse::update},
    FunctionRule{"list_append", Function::list_append, 2, FunctionUse::update},
};

}  // namespace

const FunctionRule* find_function(std::string_view name) {
  for (const FunctionRule& rule : kRules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

const FunctionRule& rule_of(Function function) {
  return kRules[static_cast<std::size_t>(function)];
}

std::string_view operation_name(Operation operation) {
  switch (operation) {
    case Operation::equal:
      return "=";
    case Operation::not_equal:
      return "<>";
    case Operation::less:
      return "<";
    case Operation::less_equal:
      return "<=";
    case Operation::greater:
      return ">";
    case Operation::greater_equal:
      return ">=";
    case Operation::between:
      return "BETWEEN";
    case Operation::in:
      return "IN";
    case Operation::logical_and:
      return "AND";
    case Operation::logical_or:
      return "OR";
    case Operation::logical_not:
      return "NOT";
    case Operation::plus:
      return "+";
    case Operation::minus:
      return "-";
    case Operation::path:
    case Operation::value:
    case Operation::function:
      break;
  }
  return "";
}

}  // namespace dyad::expression
