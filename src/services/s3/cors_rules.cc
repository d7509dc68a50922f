#include "services/s3/cors_rules.h"

#include <algorithm>
#include <array>

#include "services/s3/s3_errors.h"
#include "services/s3/tagging.h"

namespace dyad::s3 {
namespace {

constexpr std::uint8_t kHasId = 1;
constexpr std::uint8_t kHasMaxAge = 2;

Result<> check_methods(const model::CORSRule& rule) {
  for (const std::string& method : rule.allowed_methods)
    if (!is_cors_method(method))
      return fail(invalid_request(
          "Found unsupported HTTP method in CORS config. Unsupported method is " + method));
  return {};
}

Result<> check_wildcards(std::string_view element, const std::vector<std::string>& values) {
  for (const std::string& value : values)
    if (std::count(value.begin(), value.end(), '*') > 1)
      return fail(invalid_request(std::string(element) + " \"" + value +
                                  "\" can not have more than one wildcard."));
  return {};
}

/// A field name's characters (RFC 9110, 5.6.2). S3 says "AllowedHeader" of either element.
Result<> check_names(const std::vector<std::string>& headers) {
  for (const std::string& header : headers)
    if (!is_header_token(header))
      return fail(invalid_request("AllowedHeader \"" + header + "\" contains invalid character."));
  return {};
}

Result<> check_exposed(const std::vector<std::string>& headers) {
  for (const std::string& header : headers)
    if (header.find('*') != std::string::npos)
      return fail(invalid_request("ExposeHeader \"" + header +
                                  "\" contains wildcard. We currently do not support wildcard for "
                                  "ExposeHeader."));
  return check_names(headers);
}

Result<> check_rule(const model::CORSRule& rule) {
  DYAD_TRY(check_methods(rule));
  DYAD_TRY(check_wildcards("AllowedOrigin", rule.allowed_origins));
  DYAD_TRY(check_wildcards("AllowedHeader", rule.allowed_headers));
  DYAD_TRY(check_names(rule.allowed_headers));
  DYAD_TRY(check_exposed(rule.expose_headers));
  if (rule.id && utf16_units(*rule.id) > kMaxCorsRuleIdUnits)
    return fail(invalid_request("The length of ID is greater than " +
                                std::to_string(kMaxCorsRuleIdUnits) + " characters."));
  if (rule.max_age_seconds && *rule.max_age_seconds < 0)
    return fail(protocol::service_error(
        model::errors::kMalformedXML,
        "MaxAgeSeconds \"" + std::to_string(*rule.max_age_seconds) + "\" is not a valid value."));
  return {};
}

void append_strings(std::string& out, const std::vector<std::string>& values) {
  append_varint(out, values.size());
  for (const std::string& value : values) append_prefixed(out, value);
}

std::vector<std::string> read_strings(ByteReader& reader) {
  std::vector<std::string> values;
  // A damaged count ends with the bytes, one string of at least one byte after the other.
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left)
    values.emplace_back(reader.prefixed());
  return values;
}

}  // namespace

bool is_cors_method(std::string_view method) {
  constexpr std::array<std::string_view, 5> methods = {"GET", "PUT", "HEAD", "POST", "DELETE"};
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool is_header_token(std::string_view name) {
  constexpr std::string_view symbols = "!#$%&'*+-.^_`|~";
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           symbols.find(c) != std::string_view::npos;
  });
}

Result<std::vector<CorsRule>> cors_rules_of(model::CORSConfiguration configuration) {
  if (configuration.cors_rules.size() > kMaxCorsRules)
    return fail(invalid_request("The number of CORS rules should not exceed allowed limit of " +
                                std::to_string(kMaxCorsRules) + " rules."));
  std::vector<CorsRule> rules;
  rules.reserve(configuration.cors_rules.size());
  for (model::CORSRule& given : configuration.cors_rules) {
    DYAD_TRY(check_rule(given));
    CorsRule& rule = rules.emplace_back();
    if (given.id && !given.id->empty()) rule.id = std::move(given.id);
    rule.allowed_headers = std::move(given.allowed_headers);
    rule.allowed_methods = std::move(given.allowed_methods);
    rule.allowed_origins = std::move(given.allowed_origins);
    rule.expose_headers = std::move(given.expose_headers);
    rule.max_age_seconds = given.max_age_seconds;
  }
  return rules;
}

std::vector<model::CORSRule> cors_rules_on_wire(const std::vector<CorsRule>& rules) {
  std::vector<model::CORSRule> told;
  told.reserve(rules.size());
  for (const CorsRule& rule : rules) {
    model::CORSRule& on_wire = told.emplace_back();
    on_wire.id = rule.id;
    on_wire.allowed_headers = rule.allowed_headers;
    on_wire.allowed_methods = rule.allowed_methods;
    on_wire.allowed_origins = rule.allowed_origins;
    on_wire.expose_headers = rule.expose_headers;
    on_wire.max_age_seconds = rule.max_age_seconds;
  }
  return told;
}

void append_cors_rules(std::string& out, const std::vector<CorsRule>& rules) {
  append_varint(out, rules.size());
  for (const CorsRule& rule : rules) {
    append_u8(out, static_cast<std::uint8_t>((rule.id ? kHasId : 0) |
                                             (rule.max_age_seconds ? kHasMaxAge : 0)));
    if (rule.id) append_prefixed(out, *rule.id);
    append_strings(out, rule.allowed_headers);
    append_strings(out, rule.allowed_methods);
    append_strings(out, rule.allowed_origins);
    append_strings(out, rule.expose_headers);
    if (rule.max_age_seconds) append_le32(out, static_cast<std::uint32_t>(*rule.max_age_seconds));
  }
}

std::vector<CorsRule> read_cors_rules(ByteReader& reader) {
  std::vector<CorsRule> rules;
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    CorsRule& rule = rules.emplace_back();
    const std::uint8_t flags = reader.u8();
    if (flags & kHasId) rule.id = std::string(reader.prefixed());
    rule.allowed_headers = read_strings(reader);
    rule.allowed_methods = read_strings(reader);
    rule.allowed_origins = read_strings(reader);
    rule.expose_headers = read_strings(reader);
    if (flags & kHasMaxAge) rule.max_age_seconds = static_cast<std::int32_t>(reader.le32());
  }
  return rules;
}

}  // namespace dyad::s3
