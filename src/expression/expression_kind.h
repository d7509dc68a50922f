#pragma once

#include <cstdint>
#include <string_view>

namespace dyad::expression {

/// Which request parameter an expression came in; decides its grammar and the prefix of its errors.
enum class ExpressionKind : std::uint8_t { condition, filter, key_condition, projection, update };

/// The request parameter's name: "ConditionExpression".
std::string_view parameter_name(ExpressionKind kind);

}  // namespace dyad::expression
