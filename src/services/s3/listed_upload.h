#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/shapes.h"
#include "base/result.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/service.h"

namespace dyad::s3 {

/// Who began an upload: the account, of which S3 tells the id.
model::Initiator initiator_of_account(std::string_view account_id);

struct UploadListSpec {
  table::TableRef table;
  std::string prefix;
  std::string delimiter;
  std::string key_marker;
  std::string upload_id_marker;  ///< Raw, of an upload of `key_marker`; empty: behind all of them.
  std::uint32_t max_entries = 1000;  ///< Uploads and common prefixes together; above 0.
};

struct UploadEntry {
  std::string key;  ///< Or a common prefix.
  std::string upload_id;
  std::optional<MultipartUpload> upload;  ///< None: a common prefix.
};

struct UploadListPage {
  std::vector<UploadEntry> entries;  ///< In the order of their keys, then of their beginning.
  bool more = false;
};

/// One page of the uploads under way. What stands under a common prefix is read to the end of a
/// batch and then passed over.
Task<Result<UploadListPage>> list_uploads(S3Service& service, UploadListSpec spec,
                                          Deadline deadline);

}  // namespace dyad::s3
