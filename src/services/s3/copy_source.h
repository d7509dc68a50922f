#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/s3/conditional_requests.h"
#include "services/s3/object_content.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// What CopyObject and UploadPartCopy share: the object that is copied from.

struct CopySource {
  std::string bucket;
  std::string key;
  std::optional<std::string> version_id;
};

/// x-amz-copy-source: "bucket/key" or "/bucket/key", percent-encoded, maybe "?versionId=..." behind
/// it. InvalidArgument: not of that form; NotImplemented: an access point's ARN.
Result<CopySource> parse_copy_source(std::string_view header);

/// x-amz-copy-source-range, "bytes=first-last" and nothing else: unlike a Range it must lie within
/// the object. InvalidArgument; InvalidRequest: it begins behind the end.
Result<ByteRange> parse_copy_range(std::string_view header, std::uint64_t size_bytes);

/// InvalidRequest: more than one copy takes ("CopyObject": up to 5 GB).
Result<> check_copied_size(std::uint64_t size_bytes, std::uint64_t limit_bytes);

/// Finds the source and asks its conditions. The caller holds a ReadPin from before this until it
/// opened the bytes. NoSuchBucket, NoSuchKey, PreconditionFailed, InvalidArgument, AccessDenied
/// (another owner than expected).
Task<Result<FoundObject>> find_source(S3Service& service, const api::RequestContext& context,
                                      CopySource source, ReadConditions conditions,
                                      const std::optional<std::string>& expected_owner);

/// Bytes may take as long as they are many, which for a large object is more than a request's time:
/// what copying took does not count.
class CopyTime {
 public:
  explicit CopyTime(const api::RequestContext& context)
      : clock_(*context.clock), began_us_(clock_.steady_us()), deadline_(context.deadline) {}

  Deadline deadline_after() const {
    const std::int64_t spent_us = clock_.steady_us() - began_us_;
    if (deadline_.steady_us > INT64_MAX - spent_us) return Deadline::never();
    return Deadline{deadline_.steady_us + spent_us};
  }

 private:
  const Clock& clock_;
  const std::int64_t began_us_;
  const Deadline deadline_;
};

template <class Input>
ReadConditions source_conditions(const Input& input) {
  return {input.copy_source_if_match, input.copy_source_if_none_match,
          input.copy_source_if_modified_since, input.copy_source_if_unmodified_since};
}

}  // namespace dyad::s3
