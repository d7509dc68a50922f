#pragma once

#include <string_view>

#include "api/cors.h"
#include "gateway/exchange.h"

namespace dyad::gateway {

// Pages of other origins. What a service allows them is its own to say (api/cors.h).

/// A page sent this, or a client that says so.
inline bool names_origin(const http::RequestHead& head) {
  return !head.value("origin").empty();
}

/// Notes in `exchange` what its answer, an error too, is to say to the page that sent the request.
/// Only for requests that name their origin; `policy` may be null. Preflights are left to
/// answer_preflight.
Task<void> note_origin(Exchange& exchange, const api::CorsPolicy* policy, std::string_view bucket,
                       bool of_object);

/// Answers a preflight request. It needs no signature, since browsers send none, and tells nothing
/// but the policy's verdict. Errors: the policy's, to be answered by the caller.
Task<Result<>> answer_preflight(Exchange& exchange, const api::CorsPolicy& policy,
                                std::string_view bucket, bool of_object);

}  // namespace dyad::gateway
