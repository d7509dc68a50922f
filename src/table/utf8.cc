#include "table/utf8.h"

#include <cstddef>

#include "base/bytes.h"

namespace dyad::table {

bool is_utf8(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto continues = [&](std::size_t i, unsigned low, unsigned high) {
    return i < bytes.size() && at(i) >= low && at(i) <= high;
  };
  std::size_t i = 0;
  while (i < bytes.size()) {
    // Most text is ASCII: eight bytes at a time.
    if (i + 8 <= bytes.size() &&
        (load_le<std::uint64_t>(bytes.data() + i) & 0x8080808080808080u) == 0) {
      i += 8;
      continue;
    }
    const unsigned lead = at(i);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      if (!continues(i + 1, 0x80, 0xbf)) return false;
      i += 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      const unsigned low = lead == 0xe0 ? 0xa0 : 0x80, high = lead == 0xed ? 0x9f : 0xbf;
      if (!continues(i + 1, low, high) || !continues(i + 2, 0x80, 0xbf)) return false;
      i += 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      const unsigned low = lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xf4 ? 0x8f : 0xbf;
      if (!continues(i + 1, low, high) || !continues(i + 2, 0x80, 0xbf) ||
          !continues(i + 3, 0x80, 0xbf))
        return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace dyad::table
