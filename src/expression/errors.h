#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "expression/expression_kind.h"

namespace dyad::expression {

// DynamoDB's sentences, word for word, each an Error(invalid_argument). A service puts the envelope
// "1 validation error detected: " around them where its operation has one (the single-item writes
// do, reads and transactions do not).
//
// The texts follow answers recorded from the service in the public suites
// paritysuite/dynamodb-conformance, nubo-db/dynamodb-conformance and architect/dynalite, and
// reports quoting the service.

/// "Invalid <parameter>: <sentence>".
Error invalid(ExpressionKind kind, std::string_view sentence);

/// `near` spans from the token before to the token after, as written.
std::string syntax_error(std::string_view token, std::string_view near);

std::string reserved_word(std::string_view word);
std::string undefined_name(std::string_view placeholder);
std::string undefined_value(std::string_view placeholder);
std::string unknown_function(std::string_view name);
std::string misused_function(std::string_view name);
/// A function of the other grammar: `grammar` is "an update" or "a condition".
std::string foreign_function(std::string_view grammar, std::string_view name);
std::string operand_count(std::string_view function, std::size_t count);
std::string path_required(std::string_view function);
std::string operand_type(std::string_view operation, std::string_view type);
/// ADD and DELETE name types in full, and both name ADD's type set.
std::string action_operand_type(std::string_view action, std::string_view long_type);
std::string not_distinct(std::string_view operation, std::string_view first_operand);
std::string too_many_operators();
std::string too_many_in_operands(std::size_t count);
std::string index_out_of_range(std::string_view digits);
std::string path_too_deep(std::size_t levels);
/// `verb` is "overlap" or "conflict".
std::string paths_clash(std::string_view verb, std::string_view one, std::string_view two);
std::string repeated_section(std::string_view section);
std::string between_types(std::string_view lower, std::string_view upper);
std::string between_order(std::string_view lower, std::string_view upper);
std::string unknown_type_name(std::string_view name);

constexpr std::string_view kEmptyExpression = "The expression can not be empty;";
constexpr std::string_view kExpressionTooLong =
    "Expression size has exceeded the maximum allowed size;";
/// No recording of the service's own words is known.
constexpr std::string_view kSubstitutionTooLarge =
    "ExpressionAttributeNames and ExpressionAttributeValues have exceeded the maximum allowed size";
constexpr std::string_view kRedundantParentheses = "The expression has redundant parentheses;";

// Of an update while it runs; without the "Invalid UpdateExpression" prefix.
constexpr std::string_view kBadUpdatePath =
    "The document path provided in the update expression is invalid for update";
constexpr std::string_view kBadUpdateOperand =
    "An operand in the update expression has an incorrect data type";
constexpr std::string_view kMissingOperand =
    "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kUpdatedItemTooLarge =
    "Item size to update has exceeded the maximum allowed size";
constexpr std::string_view kNestedTooDeep = "Nesting Levels have exceeded supported limits";

}  // namespace dyad::expression
