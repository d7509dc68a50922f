#pragma once

#include <string>
#include <string_view>

namespace dyad::s3 {

constexpr std::string_view kUsEast1 = "us-east-1";

/// A value that LocationConstraint may have; "EU" and no us-east-1 among them.
bool is_location_constraint(std::string_view name);
/// A region that S3 knows, in lower case.
bool is_region(std::string_view name);

std::string bucket_arn(std::string_view bucket);

}  // namespace dyad::s3
