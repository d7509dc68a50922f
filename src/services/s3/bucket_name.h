#pragma once

#include <string_view>

namespace dyad::s3 {

/// "Bucket naming rules" for general purpose buckets in the S3 user guide: 3 to 63 of lower-case
/// letters, digits, dots and hyphens; a letter or digit at both ends; no two dots in a row, no IPv4
/// address; none of the reserved prefixes and suffixes.
bool is_valid_bucket_name(std::string_view name);

}  // namespace dyad::s3
