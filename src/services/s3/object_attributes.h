#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/checksum.h"
#include "protocol/shape.h"
#include "services/s3/service.h"
#include "services/s3/tagging.h"
#include "table/item.h"
#include "table/tables.h"

namespace dyad::s3 {

/// "Working with object metadata": names and values of user metadata together, in bytes.
constexpr std::size_t kMaxUserMetadataBytes = 2048;
constexpr std::string_view kDefaultContentType = "binary/octet-stream";
constexpr std::string_view kStandardStorageClass = "STANDARD";

/// What an object's row tells about it (table/object_row.h), as S3 speaks of it.
struct ObjectAttributes {
  std::uint64_t size_bytes = 0;
  std::string e_tag;  ///< Without quotes.
  std::int64_t last_modified_ms = 0;
  std::string storage_class{kStandardStorageClass};
  std::string content_type{kDefaultContentType};
  std::optional<std::string> cache_control;
  std::optional<std::string> content_disposition;
  std::optional<std::string> content_encoding;
  std::optional<std::string> content_language;
  std::optional<std::string> expires;
  std::optional<std::string> website_redirect;
  std::optional<crypto::ChecksumKind> checksum_kind;
  std::string checksum_text;            ///< base64
  std::string checksum_type;            ///< "FULL_OBJECT"
  protocol::Map<std::string> metadata;  ///< Names in lower case, without "x-amz-meta-".
  Tags tags;

  std::string quoted_e_tag() const { return '"' + e_tag + '"'; }
};

/// What a request says of the object that it makes, beside the bytes: for PutObjectInput,
/// CopyObjectInput and CreateMultipartUploadInput. MetadataTooLarge, the errors of tags,
/// InvalidArgument for text that is not UTF-8 and for a redirect that leads nowhere.
template <class Input>
Result<ObjectAttributes> attributes_of_request(const Input& input);

table::Item make_object_item(std::string_view bucket, std::string_view key,
                             const ObjectAttributes& attributes);
/// corruption: the row lacks what every object has.
Result<ObjectAttributes> read_object_attributes(table::ItemView item);

/// Last-Modified in whole seconds, as S3 tells it.
protocol::UtcMs last_modified_on_wire(const ObjectAttributes& attributes);

}  // namespace dyad::s3
