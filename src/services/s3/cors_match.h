#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/cors.h"
#include "services/s3/cors_rules.h"

namespace dyad::s3 {

/// What a rule is held against: what of a request matters to CORS.
struct CorsQuestion {
  std::string_view origin;
  std::string_view method;
  std::vector<std::string_view> headers;  ///< That Access-Control-Request-Headers names.
};

/// The names in an Access-Control-Request-Headers; empty ones are left out.
std::vector<std::string_view> named_headers(std::string_view list);

/// "Amazon S3 uses the first CORSRule rule that matches the incoming cross-origin request": origin,
/// method, and all of the headers. Null: none does.
const CorsRule* match_cors(const std::vector<CorsRule>& rules, const CorsQuestion& question);

/// What an answer says when `rule` matched, in the order in which S3 says it. "*" as an origin is
/// told as such, and then without credentials.
api::CorsHeaders cors_headers(const CorsRule& rule, const CorsQuestion& question);

}  // namespace dyad::s3
