#include "services/s3/bucket_properties.h"

#include "base/bytes.h"
#include "base/format_version.h"

namespace dyad::s3 {
namespace {

constexpr std::uint8_t kPropertiesVersion = 2;
constexpr std::uint8_t kFirstVersionWithSettings = 2;

void append_tags(std::string& out, const Tags& tags) {
  append_varint(out, tags.size());
  for (const auto& [key, value] : tags) {
    append_prefixed(out, key);
    append_prefixed(out, value);
  }
}

Tags read_tags(ByteReader& reader) {
  Tags tags;
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    std::string key(reader.prefixed());
    tags.emplace_back(std::move(key), reader.prefixed());
  }
  return tags;
}

}  // namespace

std::string encode_bucket_properties(const BucketProperties& properties) {
  std::string out;
  append_u8(out, kPropertiesVersion);
  append_prefixed(out, properties.region);
  append_prefixed(out, properties.owner_account);
  append_u8(out, static_cast<std::uint8_t>(properties.ownership));
  append_prefixed(out, properties.location_constraint);
  append_tags(out, properties.tags);
  append_cors_rules(out, properties.cors);
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
  if (version >= kFirstVersionWithSettings) {
    properties.location_constraint = reader.prefixed();
    properties.tags = read_tags(reader);
    properties.cors = read_cors_rules(reader);
  }
  if (!reader.ok() || !reader.at_end() || version == 0 ||
      properties.ownership != BucketProperties::Ownership::bucket_owner_enforced)
    return fail(ErrorCode::corruption, "a bucket's properties are damaged");
  return properties;
}

}  // namespace dyad::s3
