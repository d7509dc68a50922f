#pragma once

#include <cstddef>
#include <cstdint>

namespace dyad::expression {

// What DynamoDB allows in an expression. Source: "Constraints in Amazon DynamoDB", expression
// parameters.

/// Of the text as sent, before placeholders are replaced.
constexpr std::size_t kMaxExpressionBytes = 4096;
/// Comparators, AND, OR, NOT, BETWEEN, IN, + and -, and functions, in one expression.
constexpr std::uint32_t kMaxOperators = 300;
/// Operands in the parentheses of IN.
constexpr std::uint32_t kMaxInOperands = 100;
/// Names and list indexes in one document path.
constexpr std::uint32_t kMaxPathElements = 32;
/// Of "#name" and ":value", with their first character.
constexpr std::size_t kMaxPlaceholderBytes = 255;
/// Of ExpressionAttributeNames and ExpressionAttributeValues together; of names, also as often as
/// an expression uses them, since each use is kept.
constexpr std::size_t kMaxSubstitutionBytes = std::size_t{2} << 20;
/// The largest index in a document path.
constexpr std::uint32_t kMaxListIndex = 2147483647;

/// What one update may make on the way to its result, and what it may put into it: list_append in
/// list_append, of an attribute as large as an item may be, or that attribute under hundreds of new
/// names, would fill memory long before the item's own limit is seen. An update that needs more
/// gets the message of that limit; the encoding of an item within it is not as large.
constexpr std::size_t kMaxUpdateScratchBytes = 16 * 409600;

/// How deep the parser follows parentheses and operators. Each level is an operator, a function or
/// a pair of parentheses, and parentheses directly in parentheses are an error; so whatever is
/// nested deeper than this has broken one of those two rules already and gets that rule's message.
constexpr std::uint32_t kMaxParseDepth = 2 * kMaxOperators + 8;

}  // namespace dyad::expression
