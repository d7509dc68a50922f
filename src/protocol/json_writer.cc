#include "protocol/json_writer.h"

#include <emmintrin.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace dyad::protocol {
namespace {

constexpr std::size_t kBlock = 16;

/// What stands behind the backslash: a letter, 'u' for \u00XX, or 0 for a byte that needs none.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

/// One bit for each of sixteen bytes that must be escaped.
unsigned escape_mask(const char* at) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  // Unsigned byte <= 0x1f: the minimum with 0x1f is the byte itself.
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control)));
}

/// Length of the longest prefix of `text` that needs no escape.
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + kBlock <= text.size(); i += kBlock) {
    const unsigned mask = escape_mask(text.data() + i);
    if (mask != 0) return i + static_cast<std::size_t>(std::countr_zero(mask));
  }
  while (i < text.size() && kEscapes[static_cast<unsigned char>(text[i])] == 0) ++i;
  return i;
}

void append_escaped(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += '\\';
  out += kEscapes[byte];
  if (kEscapes[byte] != 'u') return;
  out += "00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

void append_json_text(std::string& out, std::string_view utf8) {
  while (true) {
    const std::size_t plain = plain_prefix(utf8);
    out.append(utf8.data(), plain);
    if (plain == utf8.size()) return;
    append_escaped(out, utf8[plain]);
    utf8.remove_prefix(plain + 1);
  }
}

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  append_json_text(out, utf8);
  out += '"';
}

void append_json_base64(std::string& out, std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t begin = out.size();
  out.resize(begin + 2 + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + begin;
  *to++ = '"';
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *to++ = kAlphabet[group >> 18];
    *to++ = kAlphabet[group >> 12 & 63];
    *to++ = i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    *to++ = i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
  *to = '"';
}

void append_json_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  static_cast<void>(error);  // 24 characters hold every 64-bit number.
  out.append(digits, end);
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  static_cast<void>(error);  // 32 characters hold the shortest form of every double.
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (text.find_first_of(".e") == text.npos) out += ".0";
}

}  // namespace dyad::protocol
