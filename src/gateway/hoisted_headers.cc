#include "gateway/hoisted_headers.h"

#include <algorithm>
#include <array>

#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

constexpr std::array<std::string_view, 8> kOfTheSignature = {
    "x-amz-algorithm",      "x-amz-content-sha256", "x-amz-credential", "x-amz-date",
    "x-amz-security-token", "x-amz-expires",        "x-amz-signature",  "x-amz-signedheaders"};

bool starts_with_name(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() &&
         crypto::same_header_name(text.substr(0, prefix.size()), prefix);
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [name](std::string_view other) { return crypto::same_header_name(name, other); });
}

bool lists(std::string_view signed_headers, std::string_view name) {
  while (!signed_headers.empty()) {
    const std::size_t end = std::min(signed_headers.find(';'), signed_headers.size());
    if (crypto::same_header_name(signed_headers.substr(0, end), name)) return true;
    signed_headers.remove_prefix(std::min(end + 1, signed_headers.size()));
  }
  return false;
}

bool stands_for_a_header(std::string_view name, std::string_view signed_headers) {
  constexpr std::array<std::string_view, 2> conditions = {"if-match", "if-none-match"};
  if (is_one_of(name, conditions)) return true;
  if (!starts_with_name(name, "x-amz-") || is_one_of(name, kOfTheSignature)) return false;
  const bool checksum = starts_with_name(name, "x-amz-checksum-") ||
                        crypto::same_header_name(name, "x-amz-sdk-checksum-algorithm");
  return !checksum || lists(signed_headers, name);
}

bool fits_a_header(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace

Result<std::vector<http::Header>> hoisted_headers(std::span<const http::Header> headers,
                                                  std::span<const protocol::QueryParameter> query,
                                                  std::string_view signed_headers) {
  std::vector<http::Header> all(headers.begin(), headers.end());
  for (const protocol::QueryParameter& parameter : query) {
    if (!stands_for_a_header(parameter.name, signed_headers)) continue;
    if (crypto::find_header(headers, parameter.name) != nullptr) continue;
    if (!fits_a_header(parameter.value)) {
      Error error = protocol::service_error("InvalidArgument", 400,
                                            "Header value cannot be represented using ISO-8859-1.");
      error = protocol::with_field(std::move(error), "ArgumentName", parameter.name);
      return fail(protocol::with_field(std::move(error), "ArgumentValue", parameter.value));
    }
    all.push_back({parameter.name, parameter.value});
  }
  return all;
}

}  // namespace dyad::gateway
