#pragma once

#include <cstdint>
#include <string_view>

#include "expression/program.h"

namespace dyad::expression {

enum class FunctionUse : std::uint8_t {
  condition,  ///< Is true or false.
  operand,    ///< size: a number to compare.
  update,     ///< A value to set.
};

struct FunctionRule {
  std::string_view name;  ///< Case matters: "functions are case-sensitive".
  Function function;
  std::uint32_t operand_count;
  FunctionUse use;
};

/// nullptr: no such function.
const FunctionRule* find_function(std::string_view name);
const FunctionRule& rule_of(Function function);

/// "=", "BETWEEN", "+": as errors name it. Not for path, value and function.
std::string_view operation_name(Operation operation);

}  // namespace dyad::expression
