#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/s3/complete_multipart_upload.h"
#include "base/result.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/service.h"
#include "table/upload_rows.h"

namespace dyad::s3 {

/// Erases the upload and lets go of its parts' bytes, in one transaction. NoSuchUpload.
Task<Result<>> abort_upload(S3Service& service, const UploadTarget& target, Deadline deadline);

/// An upload put together: what its object is.
struct CompletedUpload {
  ObjectAttributes attributes;  ///< All but the moment.
  table::PartList parts;
  std::vector<blob::BlobId> left_out;  ///< Of parts that were stored and not named.
};

/// Puts together what the request names of `stored` (ascending by number), and checks it: at least
/// one part, in order; each with its entity tag, checksum and size; and what is said of the whole.
/// InvalidRequest, InvalidPartOrder, InvalidPart, EntityTooSmall, BadDigest.
Result<CompletedUpload> put_together(const UploadTarget& target, const MultipartUpload& upload,
                                     const std::vector<table::StoredPart>& stored,
                                     model::CompleteMultipartUploadInput& request,
                                     std::uint64_t min_part_bytes);

}  // namespace dyad::s3
