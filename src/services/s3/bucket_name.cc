#include "services/s3/bucket_name.h"

#include <algorithm>
#include <array>

namespace dyad::s3 {
namespace {

constexpr std::size_t kMinNameBytes = 3;
constexpr std::size_t kMaxNameBytes = 63;
constexpr std::array<std::string_view, 3> kReservedPrefixes = {"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 5> kReservedSuffixes = {"-s3alias", "--ol-s3", ".mrap",
                                                               "--x-s3", "--table-s3"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

/// Four groups of one to three digits: S3 refuses what looks like an address, also 999.0.0.1.
bool looks_like_address(std::string_view name) {
  if (std::count(name.begin(), name.end(), '.') != 3) return false;
  std::size_t digits = 0;
  for (const char c : name) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
    } else if (!is_digit(c) || ++digits > 3) {
      return false;
    }
  }
  return digits > 0;
}

}  // namespace

bool is_valid_bucket_name(std::string_view name) {
  if (name.size() < kMinNameBytes || name.size() > kMaxNameBytes) return false;
  const auto allowed = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed)) return false;
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) return false;
  if (name.find("..") != std::string_view::npos || looks_like_address(name)) return false;
  const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
  const auto ends = [&](std::string_view suffix) { return name.ends_with(suffix); };
  return std::none_of(kReservedPrefixes.begin(), kReservedPrefixes.end(), begins) &&
         std::none_of(kReservedSuffixes.begin(), kReservedSuffixes.end(), ends);
}

}  // namespace dyad::s3
