#pragma once

#include <cstdint>
#include <vector>

#include "expression/path.h"
#include "expression/syntax.h"
#include "table/item.h"

namespace dyad::expression {

enum class Function : std::uint8_t {
  attribute_exists,
  attribute_not_exists,
  attribute_type,
  begins_with,
  contains,
  size,
  if_not_exists,
  list_append,
};

/// One operation of a checked expression.
struct Step {
  Operation operation;
  Function function = Function::size;  ///< function only.
  std::uint32_t operand = 0;           ///< path: of Program::paths; value: of Program::values.
  std::uint32_t first_operand = 0;     ///< Others: of Program::operands.
  std::uint32_t operand_count = 0;
};

/// A checked expression: owns all it needs, the text and the placeholders may go. Step i came from
/// node i. Immutable after it is made; any number of threads may evaluate it.
struct Program {
  std::vector<Step> steps;
  std::vector<NodeIndex> operands;
  std::vector<Path> paths;
  std::vector<table::Value> values;
  NodeIndex root = 0;

  NodeIndex operand(const Step& step, std::uint32_t i) const {
    return operands[step.first_operand + i];
  }
};

}  // namespace dyad::expression
