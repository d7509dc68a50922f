#pragma once

#include <string>

#include "api/request_context.h"
#include "base/result.h"
#include "services/s3/conditional_requests.h"
#include "services/s3/object_attributes.h"
#include "services/s3/object_upload.h"
#include "services/s3/service.h"
#include "table/tables.h"

namespace dyad::s3 {

// How bytes that are in a server already become an object: what PutObject, CopyObject and others
// share.

/// Where an object is to be, and on which conditions.
struct ObjectTarget {
  table::TableRef table;
  std::string bucket;
  std::string key;
  WriteConditions conditions;
};

/// Do the conditions hold of a row (empty: none)?
Result<> check_row(const WriteConditions& conditions, table::ItemView row, std::string_view key);

/// Refuses what cannot succeed as things are, before any bytes are read. The transaction decides.
Task<Result<>> check_early(S3Service& service, const ObjectTarget& target, Deadline deadline);

/// What the bytes say: size, entity tag, checksum, and the moment.
void complete_attributes(ObjectAttributes& attributes, const Upload& upload,
                         crypto::ChecksumKind kind, std::int64_t now_ms);

/// Makes the bytes durable, then the row and what goes with it in one transaction, and settles the
/// blob's fate. PreconditionFailed, NoSuchKey; ConditionalRequestConflict: what was there when the
/// request began is gone, or too many races were lost; NoSuchBucket: it went away.
Task<Result<>> store_object(S3Service& service, const ObjectTarget& target,
                            const ObjectAttributes& attributes, const Upload& upload,
                            Deadline deadline);

}  // namespace dyad::s3
