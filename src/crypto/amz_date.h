#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dyad::crypto {

// The forms in which AWS requests and errors write a moment. All are UTC; milliseconds since 1970.

/// "20130524T000000Z", as in x-amz-date.
std::optional<std::int64_t> parse_amz_date(std::string_view text);
std::string to_amz_date(std::int64_t wall_ms);

/// "Fri, 24 May 2013 00:00:00 GMT" (RFC 9110's preferred form), as in Date, Last-Modified and
/// If-Modified-Since. RFC 5322's zones "+0000" and "-0000" are read too: botocore signs a Date that
/// ends so.
std::optional<std::int64_t> parse_http_date(std::string_view text);
std::string to_http_date(std::int64_t wall_ms);

/// "2013-05-24T00:00:00Z", as in S3's error documents.
std::string to_iso_date(std::int64_t wall_ms);

}  // namespace dyad::crypto
