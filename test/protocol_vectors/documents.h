#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dyad::vectors {

// Bodies that mean the same.

/// Where two JSON documents differ, the order of members aside; none: nowhere.
std::optional<std::string> json_difference(std::string_view expected, std::string_view body);

/// Where two XML documents differ; the order of unlike elements, white space between elements,
/// comments and the names of prefixes aside.
std::optional<std::string> xml_difference(std::string_view expected, std::string_view body);

/// The text of the first member or element of that name; empty: there is none.
std::string error_text(std::string_view body, std::string_view name);

}  // namespace dyad::vectors
