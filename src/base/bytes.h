#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace dyad {

// Byte strings are std::string and std::string_view; text is too. A name or comment says which.
// Integers in keys are big-endian, so that they sort; integers in values are little-endian.

inline void append_u8(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}

inline void append_be64(std::string& out, std::uint64_t value) {
  value = __builtin_bswap64(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void append_le16(std::string& out, std::uint16_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void append_le32(std::string& out, std::uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void append_le64(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void store_be64(char* at, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}
inline std::uint64_t load_be64(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}
template <class T>
T load_le(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void store_le(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

/// LEB128, at most ten bytes.
void append_varint(std::string& out, std::uint64_t value);

/// Takes apart a buffer that may be damaged: a read past the end turns `ok()` false for good and
/// yields zeros and empty views, so that a decoder checks once at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t le16() { return fixed<std::uint16_t>(); }
  std::uint32_t le32() { return fixed<std::uint32_t>(); }
  std::uint64_t le64() { return fixed<std::uint64_t>(); }
  std::uint64_t be64() { return __builtin_bswap64(fixed<std::uint64_t>()); }
  std::uint64_t varint();
  std::string_view bytes(std::size_t count);
  /// A varint length and that many bytes.
  std::string_view prefixed() { return bytes(varint()); }

 private:
  template <class T>
  T fixed() {
    const std::string_view raw = bytes(sizeof(T));
    if (raw.size() != sizeof(T)) return 0;
    return load_le<T>(raw.data());
  }

  std::string_view rest_;
  bool ok_ = true;
};

inline void append_prefixed(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

/// The smallest string greater than every string that begins with `prefix`; empty: there is none.
std::string prefix_end(std::string_view prefix);

std::string to_hex(std::string_view bytes);                     ///< Lower case.
std::optional<std::string> from_hex(std::string_view text);     ///< Either case; none: not hex.
std::string to_base64(std::string_view bytes);                  ///< RFC 4648 with padding.
std::optional<std::string> from_base64(std::string_view text);  ///< Strict; none: not base64.

}  // namespace dyad
