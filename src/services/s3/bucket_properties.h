#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/s3/cors_rules.h"
#include "services/s3/tagging.h"

namespace dyad::s3 {

/// What a bucket is beside its table: TableDescriptor::properties. Encoding: version u8 (2) |
/// region, owner account (each varint length and bytes) | object ownership u8 | location
/// constraint (the same) | varint count of the tags, and of each key and value (the same) | CORS
/// rules (cors_rules.h). Version 1 ends behind the ownership.
struct BucketProperties {
  /// On disk: never renumber.
  enum class Ownership : std::uint8_t { bucket_owner_enforced = 1 };

  std::string region;
  std::string owner_account;
  Ownership ownership = Ownership::bucket_owner_enforced;
  /// As CreateBucket named it: "EU" is told again as such. Empty: the region's name.
  std::string location_constraint;
  Tags tags;
  std::vector<CorsRule> cors;
};

std::string encode_bucket_properties(const BucketProperties& properties);
/// corruption; unsupported: a newer version.
Result<BucketProperties> decode_bucket_properties(std::string_view bytes);

}  // namespace dyad::s3
