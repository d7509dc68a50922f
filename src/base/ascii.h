#pragma once

#include <string>
#include <string_view>

namespace dyad {

/// Letters of ASCII in lower case, all other bytes as they are: names of headers, of algorithms.
inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace dyad
