#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/blob_store.h"

namespace dyad::table {

// An object is an item that has bytes. The item part of its row holds what can be queried: the
// system attributes below, user metadata and tags, and attributes of the user's own. The private
// part says where the bytes lie.

// System attributes, named as in AWS's S3 Metadata tables where those have the fact. Source: "S3
// Metadata journal tables schema", Amazon S3 user guide.
namespace object_attribute {
constexpr std::string_view kBucket = "bucket";  ///< S, hash key.
constexpr std::string_view kKey = "key";        ///< S, range key.
constexpr std::string_view kSize = "size";      ///< N, bytes.
constexpr std::string_view kLastModified =
    "last_modified_date";                                    ///< S, ISO 8601 with milliseconds.
constexpr std::string_view kETag = "e_tag";                  ///< S, without quotes.
constexpr std::string_view kStorageClass = "storage_class";  ///< S.
constexpr std::string_view kContentType = "content_type";    ///< S.
constexpr std::string_view kChecksumAlgorithm = "checksum_algorithm";  ///< S, as "CRC64NVME".
constexpr std::string_view kChecksumValue = "checksum_value";          ///< S, base64.
constexpr std::string_view kChecksumType = "checksum_type";  ///< S, "FULL_OBJECT" or "COMPOSITE".
constexpr std::string_view kCacheControl = "cache_control";  ///< S.
constexpr std::string_view kContentDisposition = "content_disposition";     ///< S.
constexpr std::string_view kContentEncoding = "content_encoding";           ///< S.
constexpr std::string_view kContentLanguage = "content_language";           ///< S.
constexpr std::string_view kExpires = "expires";                            ///< S, as given.
constexpr std::string_view kWebsiteRedirect = "website_redirect_location";  ///< S.
/// User metadata is top-level, for an index can key on nothing else: "x-amz-meta-author".
constexpr std::string_view kUserMetadataPrefix = "x-amz-meta-";
/// Tags too: "tag:project".
constexpr std::string_view kTagPrefix = "tag:";
}  // namespace object_attribute

/// Is it the service's and not the user's: may it not be changed through the table?
bool is_system_attribute(std::string_view name);

/// Where an object's bytes are.
struct ObjectBytes {
  enum class Place : std::uint8_t {
    none = 1,        ///< An empty object.
    inline_row = 2,  ///< In the row of kind inline_bytes under the same key.
    blob = 3,
    parts = 4,  ///< In the blobs that the row of kind part_list under the same key names in order.
  };
  Place place = Place::none;
  blob::BlobId blob;             ///< Place::blob only.
  std::uint32_t part_count = 0;  ///< Place::parts only.
  std::uint64_t size_bytes = 0;
};

std::string encode_object_bytes(const ObjectBytes& bytes);
Result<ObjectBytes> decode_object_bytes(std::string_view private_part);

}  // namespace dyad::table
