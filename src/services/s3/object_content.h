#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/body.h"
#include "runtime/task.h"
#include "services/s3/object_attributes.h"
#include "services/s3/object_parts.h"
#include "services/s3/ranges.h"
#include "services/s3/service.h"
#include "table/tables.h"

namespace dyad::s3 {

/// An object as it was at one moment.
struct FoundObject {
  table::Tables::RowAndBeside rows;
  ObjectAttributes attributes;
  std::optional<table::PartList> parts;  ///< None: it is in one piece.

  const table::PartList* part_list() const { return parts ? &*parts : nullptr; }
};

/// What a bucket has under a key. Whoever wants the bytes holds a ReadPin from before this until
/// open_content returned, so that the reaper leaves them where the row says they are. NoSuchKey, or
/// NoSuchVersion where `version_id` names one; NoSuchBucket: the bucket went away meanwhile.
Task<Result<FoundObject>> find_object(S3Service& service, const table::TableRef& table,
                                      const std::string& bucket, const std::string& key,
                                      const std::optional<std::string>& version_id,
                                      Deadline deadline);

/// Opens the bytes of `range`, which lies within the object; none: all of them. Once for what was
/// found: takes the row of the bytes out of `object`. What is open stays readable although the
/// object is replaced or erased. Costs at most a frame of memory while it is
/// read. corruption: row and bytes disagree.
Task<Result<std::unique_ptr<http::BodyReader>>> open_content(S3Service& service,
                                                             FoundObject& object,
                                                             const std::optional<ByteRange>& range);

}  // namespace dyad::s3
