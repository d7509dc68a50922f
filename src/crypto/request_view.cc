#include "crypto/request_view.h"

namespace dyad::crypto {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
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
