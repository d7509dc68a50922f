#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dyad::crypto {

// Looking a few parameters up in a raw query, without taking all of it apart. Names are compared as
// they are written: AWS's own are never percent-encoded.

struct QueryParameter {
  std::string_view name;   ///< Still encoded.
  std::string_view value;  ///< Still encoded; empty when there is no '='.
  bool has_value = false;  ///< There was a '='.
};

/// Takes the first parameter off `rest`; none: nothing is left. Empty ones ("&&") are skipped.
std::optional<QueryParameter> next_query_parameter(std::string_view& rest);

bool has_query_parameter(std::string_view query, std::string_view name);
/// The first value of that name, decoded ('+' is a space, a stray '%' itself).
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

/// All values of that name, decoded, as one list; empty: there is none.
std::string joined_query_parameter(std::string_view query, std::string_view name);

}  // namespace dyad::crypto
