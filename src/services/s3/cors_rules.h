#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/shapes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace dyad::s3 {

// A bucket's CORS configuration ("Elements of a CORS configuration").

/// "The configuration … can have up to 100 rules"; an ID has at most 255 characters.
constexpr std::size_t kMaxCorsRules = 100;
constexpr std::size_t kMaxCorsRuleIdUnits = 255;
/// "The configuration document … is limited to 64 KB in size."
constexpr std::size_t kMaxCorsDocumentBytes = 64u << 10;

struct CorsRule {
  std::optional<std::string> id;
  std::vector<std::string> allowed_headers;  ///< As given; at most one '*' in each.
  std::vector<std::string> allowed_methods;  ///< GET, PUT, HEAD, POST, DELETE.
  std::vector<std::string> allowed_origins;  ///< At most one '*' in each.
  std::vector<std::string> expose_headers;
  std::optional<std::int32_t> max_age_seconds;

  bool operator==(const CorsRule&) const = default;
};

/// GET, PUT, HEAD, POST or DELETE: what a rule can allow.
bool is_cors_method(std::string_view method);
/// Holds no other characters than a header's name may hold.
bool is_header_token(std::string_view name);

/// Takes the rules of a request over. InvalidRequest: a method that is not served, more than one
/// wildcard, a wildcard or another bad character in what is exposed, too many rules, an ID too
/// long; MalformedXML: a negative age.
Result<std::vector<CorsRule>> cors_rules_of(api::s3::CORSConfiguration configuration);
std::vector<api::s3::CORSRule> cors_rules_on_wire(const std::vector<CorsRule>& rules);

/// In a bucket's properties. Encoding: varint count of the rules, and of each: flags u8 (1: an ID,
/// 2: an age) | ID, if there is one | allowed headers, methods and origins, exposed headers (each a
/// varint count and prefixed strings) | age le32, if there is one.
void append_cors_rules(std::string& out, const std::vector<CorsRule>& rules);
/// What is damaged leaves `reader` failed.
std::vector<CorsRule> read_cors_rules(ByteReader& reader);

}  // namespace dyad::s3
