#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad::s3 {

/// What a bucket is beside its table: TableDescriptor::properties. Encoding: version u8 | region,
/// owner account (each varint length and bytes) | object ownership u8.
struct BucketProperties {
  /// On disk: never renumber.
  enum class Ownership : std::uint8_t { bucket_owner_enforced = 1 };

  std::string region;
  std::string owner_account;
  Ownership ownership = Ownership::bucket_owner_enforced;
};

std::string encode_bucket_properties(const BucketProperties& properties);
/// corruption; unsupported: a newer version.
Result<BucketProperties> decode_bucket_properties(std::string_view bytes);

}  // namespace dyad::s3
