#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/s3/bucket_properties.h"
#include "services/s3/service.h"

namespace dyad::s3 {

/// The properties of a bucket that a request names; the errors of find_bucket.
Task<Result<std::shared_ptr<const BucketProperties>>> find_bucket_properties(
    S3Service& service, const api::RequestContext& context, const std::string& bucket,
    const std::optional<std::string>& expected_owner);

/// Changes them in a transaction; `change` may be called several times. The errors of find_bucket.
Task<Result<>> change_bucket_properties(S3Service& service, const api::RequestContext& context,
                                        const std::string& bucket,
                                        const std::optional<std::string>& expected_owner,
                                        std::function<void(BucketProperties&)> change);

}  // namespace dyad::s3
