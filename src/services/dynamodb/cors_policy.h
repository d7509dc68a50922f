#pragma once

#include <memory>

#include "api/cors.h"

namespace dyad::dynamodb {

/// Pages of any origin may ask, as with DynamoDB's own endpoints: what a page may do is said by the
/// signature of its request. A preflight is told that whatever it asks for is allowed, for two
/// days.
std::unique_ptr<api::CorsPolicy> make_cors_policy();

}  // namespace dyad::dynamodb
