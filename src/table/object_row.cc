#include "table/object_row.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/format_version.h"

namespace dyad::table {
namespace {

constexpr std::uint8_t kObjectBytesVersion = 1;

using namespace object_attribute;
constexpr std::array kSystemAttributes = {kBucket,
                                          kKey,
                                          kSize,
                                          kLastModified,
                                          kETag,
                                          kStorageClass,
                                          kContentType,
                                          kChecksumAlgorithm,
                                          kChecksumValue,
                                          kChecksumType,
                                          kCacheControl,
                                          kContentDisposition,
                                          kContentEncoding,
                                          kContentLanguage,
                                          kExpires,
                                          kWebsiteRedirect};

}  // namespace

bool is_system_attribute(std::string_view name) {
  return name.starts_with(kUserMetadataPrefix) || name.starts_with(kTagPrefix) ||
         std::find(kSystemAttributes.begin(), kSystemAttributes.end(), name) !=
             kSystemAttributes.end();
}

std::string encode_object_bytes(const ObjectBytes& bytes) {
  std::string out;
  append_u8(out, kObjectBytesVersion);
  append_u8(out, static_cast<std::uint8_t>(bytes.place));
  append_varint(out, bytes.size_bytes);
  append_varint(out, bytes.blob.value());
  return out;
}

Result<ObjectBytes> decode_object_bytes(std::string_view private_part) {
  ByteReader reader(private_part);
  const std::uint8_t version = reader.u8();
  if (version > kObjectBytesVersion)
    return newer_format("the place of an object's bytes", version, kObjectBytesVersion);
  ObjectBytes bytes;
  bytes.place = static_cast<ObjectBytes::Place>(reader.u8());
  bytes.size_bytes = reader.varint();
  bytes.blob = blob::BlobId(reader.varint());
  const bool known_place =
      bytes.place >= ObjectBytes::Place::none && bytes.place <= ObjectBytes::Place::blob;
  if (!reader.ok() || !reader.at_end() || version != kObjectBytesVersion || !known_place)
    return fail(ErrorCode::corruption, "an object's row does not say where its bytes are");
  return bytes;
}

}  // namespace dyad::table
