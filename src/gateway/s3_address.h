#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad::gateway {

/// What of S3's resources a request is about.
struct S3Address {
  std::string bucket;  ///< Empty: the service itself.
  std::string key;     ///< Decoded; empty: the bucket itself.
  bool virtual_host = false;
};

/// Takes the raw path apart. Path style, /bucket/key, if `host_bucket` is empty; else the bucket is
/// that of the host's name (gateway/host_name.h) and the whole path is the key. Service error
/// InvalidURI: the path is not valid percent-encoding.
Result<S3Address> s3_address(std::string_view host_bucket, std::string_view raw_path);

}  // namespace dyad::gateway
