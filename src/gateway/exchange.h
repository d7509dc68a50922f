#pragma once

#include <cstdint>
#include <string>

#include "api/cors.h"
#include "api/request_context.h"
#include "gateway/shared.h"
#include "http/connection.h"

namespace dyad::gateway {

/// One request on its way through the gateway.
struct Exchange {
  const GatewayShared& shared;
  http::Request& request;
  http::ResponseWriter& response;
  std::string request_id;
  std::int64_t began_us = 0;
  const protocol::Operation* operation = nullptr;  ///< Null until it is known.
  http::BudgetShare memory;                        ///< What its body takes.
  api::CorsHeaders cors_headers = {};  ///< For any answer to it (gateway/cross_origin.h).

  bool is_head() const { return request.head.method == "HEAD"; }
  Deadline deadline() const {
    return Deadline::after_ms(shared.clock, shared.options.request_deadline_ms);
  }
  void add_cors_headers() {
    for (const auto& [name, value] : cors_headers) response.add_header(name, value);
  }
  /// What every handler is told.
  api::RequestContext context(const auth::Principal& principal) const {
    api::RequestContext context;
    context.operation = operation;
    context.principal = &principal;
    context.region = shared.options.region;
    context.account_id = shared.options.account_id;
    context.request_id = request_id;
    context.clock = &shared.clock;
    context.deadline = deadline();
    context.address.secure = request.stream.secure();
    context.address.host = request.head.host;
    context.headers = request.head.headers;
    return context;
  }
};

/// Answers with the error in the words of `service`; `resource` is S3's. Logs what is our fault.
Task<void> answer_error(Exchange& exchange, const protocol::ServiceInfo& service, Error error,
                        std::string resource);

/// A stable name of this server for S3's x-amz-id-2 and HostId.
constexpr std::string_view kHostId = "dyad";

}  // namespace dyad::gateway
