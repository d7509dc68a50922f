#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace dyad::expression {

constexpr std::size_t kReservedWordCount = 573;

/// All of them, in capitals and sorted.
std::span<const std::string_view> reserved_words();

/// Whether DynamoDB refuses `name` as a bare attribute name, in any case ("Reserved words in
/// DynamoDB").
bool is_reserved_word(std::string_view name);

}  // namespace dyad::expression
