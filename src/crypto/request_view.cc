#include "crypto/request_view.h"

#include <cstdint>

#include "base/bytes.h"

namespace dyad::crypto {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_but_for_case(const char* a, const char* b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace

bool detail::same_letters(std::string_view a, std::string_view b) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kCaseBits = 0x2020202020202020u;
  std::size_t i = 0;
  // Most names differ in their first eight letters, in more than case, or are equal to the byte.
  for (; i + kWord <= a.size(); i += kWord) {
    const auto difference =
        load_le<std::uint64_t>(a.data() + i) ^ load_le<std::uint64_t>(b.data() + i);
    if ((difference & ~kCaseBits) != 0) return false;
    if (difference != 0 && !same_but_for_case(a.data() + i, b.data() + i, kWord)) return false;
  }
  return same_but_for_case(a.data() + i, b.data() + i, a.size() - i);
}

const HeaderView* find_header(std::span<const HeaderView> headers, std::string_view name) {
  for (const HeaderView& header : headers)
    if (same_header_name(header.name, name)) return &header;
  return nullptr;
}

std::string_view joined_header(std::span<const HeaderView> headers, std::string_view name,
                               std::string& kept) {
  const HeaderView* first = nullptr;
  bool several = false;
  for (const HeaderView& header : headers) {
    if (!same_header_name(header.name, name)) continue;
    if (first == nullptr) {
      first = &header;
      continue;
    }
    if (!several) kept = first->value;
    several = true;
    kept.append(",").append(header.value);
  }
  if (several) return kept;
  return first == nullptr ? std::string_view{} : first->value;
}

}  // namespace dyad::crypto
