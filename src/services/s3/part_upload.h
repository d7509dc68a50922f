#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/body.h"
#include "protocol/aws_chunked.h"
#include "services/s3/checksums.h"
#include "services/s3/multipart_upload.h"

namespace dyad::s3 {

// How bytes become a part of an upload: what UploadPart and UploadPartCopy share.

struct PartSpec {
  UploadTarget target;
  std::uint32_t number = 0;  ///< 1 to table::kMaxPartNumber.
  IntegrityPlan integrity;   ///< What the request says of the bytes.
  /// Of the request, complete once the body has told its end. May be null.
  const std::vector<protocol::AwsTrailer>* trailers = nullptr;
  bool copied = false;  ///< The bytes come from another object.
};

/// The plan where the request says nothing: the upload's own algorithm.
IntegrityPlan integrity_of_upload(const MultipartUpload& upload);

struct StoredPart {
  table::UploadPart part;
  std::string checksum_text;  ///< Of the plan's kind.

  std::string quoted_e_tag() const;
};

/// Reads the body to its end, without any latch, makes its bytes durable, and then puts the part in
/// one transaction, in place of the one that had its number. `upload`: as find_upload told.
/// NoSuchUpload, also where it ended meanwhile; BadDigest, EntityTooLarge; the body's own errors.
/// `deadline` is asked for when the body is read: it counts from there.
Task<Result<StoredPart>> store_part(S3Service& service, const PartSpec& spec,
                                    const MultipartUpload& upload, http::BodyReader& body,
                                    std::function<Deadline()> deadline);

}  // namespace dyad::s3
