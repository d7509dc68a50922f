#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/request_context.h"
#include "base/random.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "crypto/checksum.h"
#include "services/s3/object_attributes.h"
#include "services/s3/service.h"
#include "table/tables.h"
#include "table/upload_rows.h"

namespace dyad::s3 {

// Multipart uploads: what is known of one under way. Rows: table/upload_rows.h. Source: "Uploading
// and copying objects using multipart upload" in the S3 user guide; errors and their elements as
// LocalStack's AWS-validated snapshots have them.

constexpr std::string_view kComposite = "COMPOSITE";
constexpr std::string_view kFullObject = "FULL_OBJECT";

/// What CreateMultipartUpload announced.
struct MultipartUpload {
  ObjectAttributes
      attributes;  ///< Of the object to be; size, entity tag and checksum are not known.
  std::int64_t initiated_ms = 0;
  /// As announced; none: S3 takes CRC64NVME of the full object, and tells nobody before it is
  /// complete.
  std::optional<crypto::ChecksumKind> announced;
  bool composite = false;
  bool object_existed = false;  ///< There was an object under the key when it began.
  Timestamp created;            ///< Of the commit that made it; set by decode_upload.

  crypto::ChecksumKind checksum_kind() const {
    return announced.value_or(crypto::ChecksumKind::crc64nvme);
  }
  /// "COMPOSITE", "FULL_OBJECT", or "null" where nothing was announced.
  std::string_view type_name() const {
    if (!announced) return "null";
    return composite ? kComposite : kFullObject;
  }
};

/// A record, header and all.
std::string encode_upload(std::string_view bucket, std::string_view key,
                          const MultipartUpload& upload);
Result<MultipartUpload> decode_upload(std::string_view record);

/// Raw: kUploadIdBytes. Milliseconds (6 bytes), so that uploads of a key are listed as they began;
/// a hash of the key (2), so that an id does not pass for another key's; random (8).
std::string make_upload_id(Random& random, std::int64_t now_ms, std::string_view key);
/// Could the id have been given to an upload of that key?
bool upload_id_fits(std::string_view upload_id, std::string_view key);
std::string upload_id_text(std::string_view upload_id);
/// None: not an id of this server's making.
std::optional<std::string> parse_upload_id(std::string_view text);

/// NoSuchUpload with the <UploadId> that was asked for.
Error no_such_upload(std::string_view upload_id_text);

/// Which upload a request names.
struct UploadTarget {
  table::TableRef table;
  std::string bucket;
  std::string key;
  std::string id_text;
  std::string id;  ///< Raw.

  std::string row() const { return table::upload_row(key, id); }
};

/// From a request: KeyTooLongError, InvalidURI; NoSuchUpload: the id cannot be one; the errors of
/// find_bucket.
template <class Input>
Task<Result<UploadTarget>> upload_target(S3Service& service, const api::RequestContext& context,
                                         const Input& input) {
  return upload_target(service, context, input.bucket, input.key, input.upload_id,
                       input.expected_bucket_owner);
}
Task<Result<UploadTarget>> upload_target(S3Service& service, const api::RequestContext& context,
                                         std::string bucket, std::string key, std::string id_text,
                                         std::optional<std::string> expected_owner);

/// The upload as it is now. NoSuchUpload; NoSuchBucket.
Task<Result<MultipartUpload>> find_upload(S3Service& service, const UploadTarget& target,
                                          Deadline deadline);
/// The same inside a transaction that holds the upload's row.
Task<Result<MultipartUpload>> find_upload(store::Transaction& tx, const table::KeyPlace& place,
                                          const UploadTarget& target);

}  // namespace dyad::s3
