#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace dyad::http {

/// Below 0x20, or 0x7f.
inline bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether any character of `text` is one. Eight at once: every header value that comes or goes is
/// asked.
inline bool has_control(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101u, kHigh = kEach * 0x80;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    const auto bytes = load_le<std::uint64_t>(text.data() + i);
    const std::uint64_t del = bytes ^ (kEach * 0x7f);
    // A byte that borrows from the next one is a control character itself.
    if (((((bytes - kEach * 0x20) & ~bytes) | ((del - kEach) & ~del)) & kHigh) != 0) return true;
  }
  return std::any_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), is_control);
}

}  // namespace dyad::http
