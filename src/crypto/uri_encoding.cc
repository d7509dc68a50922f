#include "crypto/uri_encoding.h"

#include <array>

namespace dyad::crypto {
namespace {

constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = table[c | 0x20] = true;
  for (const unsigned char c : std::string_view("-._~")) table[c] = true;
  return table;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False: a stray '%' was met (and copied).
bool decode(std::string& out, std::string_view text, bool plus_is_space) {
  bool whole = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
      if (low >= 0) {
        out.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
      whole = false;
    }
    out.push_back(c == '+' && plus_is_space ? ' ' : c);
  }
  return whole;
}

}  // namespace

void append_uri_encoded(std::string& out, std::string_view bytes, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (kUnreserved[byte] || (c == '/' && keep_slash)) {
      out.push_back(c);
    } else {
      const char escaped[3] = {'%', digits[byte >> 4], digits[byte & 15]};
      out.append(escaped, 3);
    }
  }
}

std::optional<std::string> uri_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  if (!decode(out, text, plus_is_space)) return std::nullopt;
  return out;
}

void append_uri_decoded_leniently(std::string& out, std::string_view text, bool plus_is_space) {
  decode(out, text, plus_is_space);
}

}  // namespace dyad::crypto
