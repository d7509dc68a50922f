#include "services/s3/cors_match.h"

#include <algorithm>
#include <string>

namespace dyad::s3 {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(char a, char b) {
  return a == b;
}
bool same_ignoring_case(char a, char b) {
  return lower(a) == lower(b);
}

/// The one '*' that `pattern` may hold stands for any characters, or none.
template <class Same>
bool matches(std::string_view pattern, std::string_view text, Same same_character) {
  const auto equal = [&](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_character);
  };
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return equal(pattern, text);
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return text.size() >= before.size() + after.size() && equal(before, text.substr(0, star)) &&
         equal(after, text.substr(text.size() - after.size()));
}

bool allows_origin(const CorsRule& rule, std::string_view origin) {
  return std::any_of(rule.allowed_origins.begin(), rule.allowed_origins.end(),
                     [&](const std::string& allowed) { return matches(allowed, origin, same); });
}

bool allows_method(const CorsRule& rule, std::string_view method) {
  return std::find(rule.allowed_methods.begin(), rule.allowed_methods.end(), method) !=
         rule.allowed_methods.end();
}

bool allows_header(const CorsRule& rule, std::string_view header) {
  return std::any_of(
      rule.allowed_headers.begin(), rule.allowed_headers.end(),
      [&](const std::string& allowed) { return matches(allowed, header, same_ignoring_case); });
}

template <class Strings>
std::string joined(const Strings& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

}  // namespace

std::vector<std::string_view> named_headers(std::string_view list) {
  std::vector<std::string_view> names;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (name.starts_with(' ') || name.starts_with('\t')) name.remove_prefix(1);
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

const CorsRule* match_cors(const std::vector<CorsRule>& rules, const CorsQuestion& question) {
  for (const CorsRule& rule : rules) {
    const auto allowed = [&](std::string_view header) { return allows_header(rule, header); };
    if (allows_method(rule, question.method) && allows_origin(rule, question.origin) &&
        std::all_of(question.headers.begin(), question.headers.end(), allowed))
      return &rule;
  }
  return nullptr;
}

api::CorsHeaders cors_headers(const CorsRule& rule, const CorsQuestion& question) {
  const bool anyone = std::find(rule.allowed_origins.begin(), rule.allowed_origins.end(), "*") !=
                      rule.allowed_origins.end();
  api::CorsHeaders headers;
  headers.emplace_back("Access-Control-Allow-Origin", anyone ? "*" : std::string(question.origin));
  headers.emplace_back("Access-Control-Allow-Methods", joined(rule.allowed_methods));
  if (!question.headers.empty()) {
    std::string names = joined(question.headers);
    std::transform(names.begin(), names.end(), names.begin(), lower);
    headers.emplace_back("Access-Control-Allow-Headers", std::move(names));
  }
  if (!rule.expose_headers.empty())
    headers.emplace_back("Access-Control-Expose-Headers", joined(rule.expose_headers));
  if (rule.max_age_seconds)
    headers.emplace_back("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
  if (!anyone) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  headers.emplace_back("Vary",
                       "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  return headers;
}

}  // namespace dyad::s3
