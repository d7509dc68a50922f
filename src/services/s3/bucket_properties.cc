#include "services/s3/bucket_properties.h"

#include "base/bytes.h"
#include "base/format_version.h"

namespace dyad::s3 {
namespace {

constexpr std::uint8_t kPropertiesVersion = 1;

}  // namespace

std::string encode_bucket_properties(const BucketProperties& properties) {
  std::string out;
  append_u8(out, kPropertiesVersion);
  append_prefixed(out, properties.region);
  append_prefixed(out, properties.owner_account);
  append_u8(out, static_cast<std::uint8_t>(properties.ownership));
  return out;
}

Result<BucketProperties> decode_bucket_properties(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version > kPropertiesVersion)
    return newer_format("a bucket's properties", version, kPropertiesVersion);
  BucketProperties properties;
  properties.region = reader.prefixed();
  properties.owner_account = reader.prefixed();
  properties.ownership = static_cast<BucketProperties::Ownership>(reader.u8());
  if (!reader.ok() || !reader.at_end() || version != kPropertiesVersion ||
      properties.ownership != BucketProperties::Ownership::bucket_owner_enforced)
    return fail(ErrorCode::corruption, "a bucket's properties are damaged");
  return properties;
}

}  // namespace dyad::s3
