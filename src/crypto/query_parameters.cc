#include "crypto/query_parameters.h"

#include <algorithm>

#include "crypto/uri_encoding.h"

namespace dyad::crypto {

std::optional<QueryParameter> next_query_parameter(std::string_view& rest) {
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view whole = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (whole.empty()) continue;
    const std::size_t equals = whole.find('=');
    if (equals == std::string_view::npos) return QueryParameter{whole, {}, false};
    return QueryParameter{whole.substr(0, equals), whole.substr(equals + 1), true};
  }
  return std::nullopt;
}

bool has_query_parameter(std::string_view query, std::string_view name) {
  while (const auto parameter = next_query_parameter(query))
    if (parameter->name == name) return true;
  return false;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (const auto parameter = next_query_parameter(query)) {
    if (parameter->name != name) continue;
    std::string value;
    append_uri_decoded_leniently(value, parameter->value, true);
    return value;
  }
  return std::nullopt;
}

std::string joined_query_parameter(std::string_view query, std::string_view name) {
  std::string joined;
  bool first = true;
  while (const auto parameter = next_query_parameter(query)) {
    if (parameter->name != name) continue;
    if (!first) joined += ',';
    first = false;
    append_uri_decoded_leniently(joined, parameter->value, true);
  }
  return joined;
}

}  // namespace dyad::crypto
