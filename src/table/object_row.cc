#include "table/object_row.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/format_version.h"
#include "table/upload_rows.h"

namespace dyad::table {
namespace {

constexpr std::uint8_t kObjectBytesVersion = 2;
/// Places in one piece are written as ever, so that an older release goes on reading them; what it
/// cannot know says so by its version.
constexpr std::uint8_t kOnePieceVersion = 1;

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
  const bool parts = bytes.place == ObjectBytes::Place::parts;
  std::string out;
  append_u8(out, parts ? kObjectBytesVersion : kOnePieceVersion);
  append_u8(out, static_cast<std::uint8_t>(bytes.place));
  append_varint(out, bytes.size_bytes);
  append_varint(out, parts ? bytes.part_count : bytes.blob.value());
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
  const std::uint64_t last = reader.varint();
  const bool parts = version == kObjectBytesVersion;
  bool valid = reader.ok() && reader.at_end() && version >= kOnePieceVersion;
  if (parts) {
    valid =
        valid && bytes.place == ObjectBytes::Place::parts && last >= 1 && last <= kMaxPartNumber;
    bytes.part_count = static_cast<std::uint32_t>(last);
  } else {
    valid =
        valid && bytes.place >= ObjectBytes::Place::none && bytes.place <= ObjectBytes::Place::blob;
    bytes.blob = blob::BlobId(last);
  }
  if (!valid)
    return fail(ErrorCode::corruption, "an object's row does not say where its bytes are");
  return bytes;
}

}  // namespace dyad::table
