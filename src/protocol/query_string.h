#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::protocol {

/// Parameters of one query string or form.
constexpr std::size_t kMaxQueryParameters = 1000;

/// Decoded.
struct QueryParameter {
  std::string name;
  std::string value;  ///< Empty also where there is no '='.
};

/// Takes "a=1&b&c=%20" apart, in order. '+' is a space. invalid_argument: a '%' that begins no
/// escape; too_large: above kMaxQueryParameters.
Result<std::vector<QueryParameter>> parse_query_string(std::string_view raw);

}  // namespace dyad::protocol
