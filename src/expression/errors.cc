#include "expression/errors.h"

#include <initializer_list>

#include "expression/limits.h"

namespace dyad::expression {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace

std::string_view parameter_name(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::condition:
      return "ConditionExpression";
    case ExpressionKind::filter:
      return "FilterExpression";
    case ExpressionKind::key_condition:
      return "KeyConditionExpression";
    case ExpressionKind::projection:
      return "ProjectionExpression";
    case ExpressionKind::update:
      return "UpdateExpression";
  }
  return "Expression";
}

Error invalid(ExpressionKind kind, std::string_view sentence) {
  return Error(ErrorCode::invalid_argument,
               joined({"Invalid ", parameter_name(kind), ": ", sentence}));
}

std::string syntax_error(std::string_view token, std::string_view near) {
  return joined({"Syntax error; token: \"", token, "\", near: \"", near, "\""});
}

std::string reserved_word(std::string_view word) {
  return joined({"Attribute name is a reserved keyword; reserved keyword: ", word});
}

std::string undefined_name(std::string_view placeholder) {
  return joined(
      {"An expression attribute name used in the document path is not defined; attribute name: ",
       placeholder});
}

std::string undefined_value(std::string_view placeholder) {
  return joined(
      {"An expression attribute value used in expression is not defined; attribute value: ",
       placeholder});
}

std::string unknown_function(std::string_view name) {
  return joined({"Invalid function name; function: ", name});
}

std::string misused_function(std::string_view name) {
  return joined(
      {"The function is not allowed to be used this way in an expression; function: ", name});
}

std::string foreign_function(std::string_view grammar, std::string_view name) {
  return joined({"The function is not allowed in ", grammar, " expression; function: ", name});
}

std::string operand_count(std::string_view function, std::size_t count) {
  return joined({"Incorrect number of operands for operator or function; operator or function: ",
                 function, ", number of operands: ", std::to_string(count)});
}

std::string path_required(std::string_view function) {
  return joined(
      {"Operator or function requires a document path; operator or function: ", function});
}

std::string operand_type(std::string_view operation, std::string_view type) {
  return joined({"Incorrect operand type for operator or function; operator or function: ",
                 operation, ", operand type: ", type});
}

std::string action_operand_type(std::string_view action, std::string_view long_type) {
  return joined({"Incorrect operand type for operator or function; operator: ", action,
                 ", operand type: ", long_type, ", typeSet: ALLOWED_FOR_ADD_OPERAND"});
}

std::string not_distinct(std::string_view operation, std::string_view first_operand) {
  return joined(
      {"The first operand must be distinct from the remaining operands for this operator or "
       "function; operator: ",
       operation, ", first operand: ", first_operand});
}

std::string too_many_operators() {
  // The service stops counting at the first operator too many.
  return joined({"The expression contains too many operators; operator count: ",
                 std::to_string(kMaxOperators + 1)});
}

std::string too_many_in_operands(std::size_t count) {
  return joined({"The IN operator is provided with too many operands; number of operands: ",
                 std::to_string(count)});
}

std::string index_out_of_range(std::string_view digits) {
  return joined({"List index is not within the allowable range; index: [", digits, "]"});
}

std::string path_too_deep(std::size_t levels) {
  return joined(
      {"The document path has too many nesting levels; nesting levels: ", std::to_string(levels)});
}

std::string paths_clash(std::string_view verb, std::string_view one, std::string_view two) {
  return joined({"Two document paths ", verb,
                 " with each other; must remove or rewrite one of these paths; path one: ", one,
                 ", path two: ", two});
}

std::string repeated_section(std::string_view section) {
  return joined({"The \"", section, "\" section can only be used once in an update expression;"});
}

std::string between_types(std::string_view lower, std::string_view upper) {
  return joined(
      {"The BETWEEN operator requires same data type for lower and upper bounds; lower "
       "bound operand: ",
       lower, ", upper bound operand: ", upper});
}

std::string between_order(std::string_view lower, std::string_view upper) {
  return joined(
      {"The BETWEEN operator requires upper bound to be greater than or equal to lower "
       "bound; lower bound operand: ",
       lower, ", upper bound operand: ", upper});
}

std::string unknown_type_name(std::string_view name) {
  return joined({"Invalid attribute type name found; type: ", name,
                 ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"});
}

}  // namespace dyad::expression
