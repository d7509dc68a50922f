#include "services/s3/list_encoding.h"

namespace dyad::s3 {

std::string url_encoded_key(std::string_view key) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view kept = "-_.*/";
  std::string out;
  out.reserve(key.size());
  for (const char c : key) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       kept.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

}  // namespace dyad::s3
