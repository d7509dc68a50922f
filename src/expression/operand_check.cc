#include <array>

#include "expression/compiler.h"
#include "expression/errors.h"
#include "expression/functions.h"
#include "expression/limits.h"

namespace dyad::expression {
namespace {

using table::Type;

bool is_comparable(Type type) {
  return type == Type::string || type == Type::number || type == Type::binary;
}
bool is_text(Type type) {
  return type == Type::string || type == Type::binary;
}
bool has_size(Type type) {
  return type != Type::number && type != Type::boolean && type != Type::null;
}

/// A bound as the service prints it; binary as Java prints a buffer.
std::string bound_text(table::ValueView value) {
  std::string text = "AttributeValue: {";
  text += table::type_name(value.type());
  text += ':';
  if (value.type() == Type::string) {
    text += value.as_string();
  } else if (value.type() == Type::number) {
    text += value.as_number().to_string();
  } else {
    const std::string size = std::to_string(value.as_binary().size());
    text += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
  }
  text += '}';
  return text;
}

}  // namespace

const Path* Compiler::path_of(NodeIndex node) const {
  const Step& step = program_.steps[node];
  return step.operation == Operation::path ? &program_.paths[step.operand] : nullptr;
}

const table::Value* Compiler::value_of(NodeIndex node) const {
  const Step& step = program_.steps[node];
  return step.operation == Operation::value ? &program_.values[step.operand] : nullptr;
}

std::optional<Type> Compiler::static_type(NodeIndex node) const {
  if (const table::Value* value = value_of(node)) return value->view().type();
  const Step& step = program_.steps[node];
  if (step.operation == Operation::function && step.function == Function::size) {
    return Type::number;
  }
  return std::nullopt;
}

/// Refuses the first operand whose known type is not `allowed`.
template <class Allowed>
Compiler::Fault Compiler::check_types(NodeIndex node, std::string_view name,
                                      Allowed allowed) const {
  const Step& step = program_.steps[node];
  for (std::uint32_t i = 0; i < step.operand_count; ++i) {
    const auto type = static_type(program_.operand(step, i));
    if (type && !allowed(*type)) return operand_type(name, table::type_name(*type));
  }
  return std::nullopt;
}

/// "a = a" compares a path with itself: always the same answer, so the service refuses it. The same
/// value twice is fine.
Compiler::Fault Compiler::check_distinct(NodeIndex node, std::string_view name) const {
  const Step& step = program_.steps[node];
  const Path* first = path_of(program_.operand(step, 0));
  if (first == nullptr) return std::nullopt;
  for (std::uint32_t i = 1; i < step.operand_count; ++i) {
    const Path* other = path_of(program_.operand(step, i));
    if (other != nullptr && *other == *first) return not_distinct(name, path_text(*first));
  }
  return std::nullopt;
}

/// One operation whose operands are resolved and checked.
Compiler::Fault Compiler::check_step(NodeIndex node) {
  const Step& step = program_.steps[node];
  const std::string_view name = operation_name(step.operation);
  switch (step.operation) {
    case Operation::path:
    case Operation::value:
    case Operation::logical_and:
    case Operation::logical_or:
    case Operation::logical_not:
      return std::nullopt;
    case Operation::function:
      return check_function(node);
    case Operation::equal:
    case Operation::not_equal:
      return check_distinct(node, name);
    case Operation::less:
    case Operation::less_equal:
    case Operation::greater:
    case Operation::greater_equal:
      if (Fault fault = check_distinct(node, name)) return fault;
      return check_types(node, name, is_comparable);
    case Operation::between:
      return check_between(node);
    case Operation::in:
      if (step.operand_count - 1 > kMaxInOperands) {
        return too_many_in_operands(step.operand_count - 1);
      }
      return check_distinct(node, name);
    case Operation::plus:
    case Operation::minus:
      return check_types(node, name, [](Type type) { return type == Type::number; });
  }
  return std::nullopt;
}

Compiler::Fault Compiler::check_between(NodeIndex node) {
  const Step& step = program_.steps[node];
  const std::string_view name = operation_name(step.operation);
  if (Fault fault = check_distinct(node, name)) return fault;
  if (Fault fault = check_types(node, name, is_comparable)) return fault;
  const table::Value* lower = value_of(program_.operand(step, 1));
  const table::Value* upper = value_of(program_.operand(step, 2));
  if (lower == nullptr || upper == nullptr) return std::nullopt;
  if (lower->view().type() != upper->view().type()) {
    return between_types(bound_text(lower->view()), bound_text(upper->view()));
  }
  if (table::compare(lower->view(), upper->view()).value_or(0) > 0) {
    return between_order(bound_text(lower->view()), bound_text(upper->view()));
  }
  return std::nullopt;
}

Compiler::Fault Compiler::check_function(NodeIndex node) {
  const Step& step = program_.steps[node];
  const FunctionRule& rule = rule_of(step.function);
  if (step.operand_count != rule.operand_count) return operand_count(rule.name, step.operand_count);

  const NodeIndex first = program_.operand(step, 0);
  if (rule.use == FunctionUse::condition) {
    if (Fault fault = check_distinct(node, rule.name)) return fault;
  }
  switch (step.function) {
    case Function::attribute_exists:
    case Function::attribute_not_exists:
    case Function::if_not_exists:
      if (path_of(first) == nullptr) return path_required(rule.name);
      return std::nullopt;
    case Function::attribute_type:
      if (path_of(first) == nullptr) return path_required(rule.name);
      return check_attribute_type(program_.operand(step, 1));
    case Function::begins_with:
      return check_types(node, rule.name, is_text);
    case Function::contains:
      return std::nullopt;
    case Function::size:
      return check_types(node, rule.name, has_size);
    case Function::list_append:
      return check_types(node, rule.name, [](Type type) { return type == Type::list; });
  }
  return std::nullopt;
}

Compiler::Fault Compiler::check_attribute_type(NodeIndex type_operand) {
  constexpr std::string_view kName = "attribute_type";
  const auto type = static_type(type_operand);
  // A path may hold any type, which the service prints as the set of all of them.
  if (!type) return operand_type(kName, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
  if (*type != Type::string) return operand_type(kName, table::type_name(*type));
  const std::string_view wanted = value_of(type_operand)->view().as_string();
  for (auto i = static_cast<int>(Type::string); i <= static_cast<int>(Type::binary_set); ++i) {
    if (table::type_name(static_cast<Type>(i)) == wanted) return std::nullopt;
  }
  return unknown_type_name(wanted);
}

}  // namespace dyad::expression
