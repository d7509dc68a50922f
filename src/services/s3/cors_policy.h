#pragma once

#include <memory>

#include "api/cors.h"
#include "services/s3/service.h"

namespace dyad::s3 {

/// Answers browsers by the rules of the bucket that they ask about. `service` outlives it. A
/// request costs a look into two caches and a match; a bucket that is not there, a read of the
/// store.
///
/// preflight: BadRequest without an Origin, or without a method that S3 knows; AccessForbidden for
/// a bucket that is not there or has no rules, and where no rule matches. Order and words as S3
/// gives them.
std::unique_ptr<api::CorsPolicy> make_cors_policy(S3Service& service);

}  // namespace dyad::s3
