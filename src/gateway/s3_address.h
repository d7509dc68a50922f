#pragma once

#include <span>
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

/// Takes host and raw path apart. Path style: /bucket/key. Virtual host: the bucket is what stands
/// before one of `domains` in the host's name; the whole path is the key. A host that is an
/// address, or under none of them, is path style. Source: "Virtual hosting of general purpose
/// buckets", S3 user guide. Service error InvalidURI: the path is not valid percent-encoding.
Result<S3Address> s3_address(std::string_view host, std::string_view raw_path,
                             std::span<const std::string> domains);

}  // namespace dyad::gateway
