#pragma once

#include <optional>
#include <string>

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/s3/service.h"
#include "services/s3/tagging.h"

namespace dyad::s3 {

/// Which object a request about tags means: PutObjectTagging, DeleteObjectTagging.
struct TaggedObject {
  std::string bucket;
  std::string key;
  std::optional<std::string> version_id;
  std::optional<std::string> expected_owner;

  template <class Input>
  static TaggedObject of(const Input& input) {
    return {input.bucket, input.key, input.version_id, input.expected_bucket_owner};
  }
};

/// Replaces the object's tags. Its bytes, its other attributes and Last-Modified stay. NoSuchKey,
/// NoSuchBucket, InvalidArgument for a version id.
Task<Result<>> replace_tags(S3Service& service, const api::RequestContext& context,
                            const TaggedObject& object, const Tags& tags);

}  // namespace dyad::s3
