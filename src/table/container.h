#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace dyad::table {

/// Lists, sets and maps in the item encoding (docs/formats-items.md):
///   type u8 | entries | ends: count x width | count: width | wide u8
/// `ends[i]` is where entry i ends, counted from behind the type byte. The directory stands behind
/// the entries so that a writer needs no second pass. Width is two bytes, or four when the entries
/// take more than 65,535 bytes. Trusts the bytes: check_container tells whether it may.
class Container {
 public:
  static constexpr std::size_t kMaxNarrowBytes = 0xffff;

  Container() = default;
  explicit Container(std::string_view encoded) {
    if (encoded.empty()) return;
    const char* const last = encoded.data() + encoded.size() - 1;
    wide_ = *last != 0;
    entries_ = encoded.data() + 1;
    if (wide_) {
      size_ = load_le<std::uint32_t>(last - 4);
      ends_ = last - 4 - std::size_t{4} * size_;
    } else {
      size_ = load_le<std::uint16_t>(last - 2);
      ends_ = last - 2 - std::size_t{2} * size_;
    }
  }

  std::size_t size() const { return size_; }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : end_of(i - 1);
    return {entries_ + begin, end_of(i) - begin};
  }
  std::size_t end_of(std::size_t i) const {
    return wide_ ? load_le<std::uint32_t>(ends_ + 4 * i) : load_le<std::uint16_t>(ends_ + 2 * i);
  }

 private:
  const char* entries_ = nullptr;
  const char* ends_ = nullptr;
  std::uint32_t size_ = 0;
  bool wide_ = false;
};

/// A map's entry: name length le16 | name | value.
struct MapEntryBytes {
  std::string_view name;
  std::string_view value;

  explicit MapEntryBytes(std::string_view entry) {
    const std::size_t length = load_le<std::uint16_t>(entry.data());
    name = entry.substr(2, length);
    value = entry.substr(2 + length);
  }
};

}  // namespace dyad::table
