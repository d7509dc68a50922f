#include "gateway/exchange.h"

#include "base/log.h"
#include "crypto/signature_error.h"
#include "gateway/authenticate.h"
#include "protocol/error_rendering.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

/// A client that gave up, and load that was shed, are no faults of ours.
bool our_fault(const Error& error, int status) {
  return status >= 500 && protocol::as_service_error(error) == nullptr &&
         error.code != ErrorCode::overloaded && error.code != ErrorCode::cancelled &&
         error.code != ErrorCode::no_space && error.code != ErrorCode::deadline_exceeded;
}

/// The query services have codes and a status of their own for who is not known ("Common errors" of
/// AWS STS).
Error in_query_words(Error error) {
  const crypto::SignatureErrorDetail* detail = crypto::signature_error_of(error);
  if (detail == nullptr) return error;
  using Reason = crypto::SignatureReason;
  switch (detail->reason) {
    case Reason::missing:
      return protocol::service_error("MissingAuthenticationToken", 403, error.message);
    case Reason::unknown_access_key:
    case Reason::unknown_token:
      return protocol::service_error("InvalidClientTokenId", 403, error.message);
    case Reason::malformed:
    case Reason::unsupported_algorithm:
    case Reason::missing_date:
      return protocol::service_error("IncompleteSignature", 400, error.message);
    default:
      return protocol::service_error("SignatureDoesNotMatch", 403, error.message);
  }
}

}  // namespace

Task<void> answer_error(Exchange& exchange, const protocol::ServiceInfo& service, Error error,
                        std::string resource) {
  if (service.protocol == protocol::Protocol::query) error = in_query_words(std::move(error));
  error = to_service_error(std::move(error));
  protocol::ErrorContext context;
  context.request_id = exchange.request_id;
  context.host_id = kHostId;
  context.resource = resource;
  const protocol::ErrorResponse rendered = protocol::render_error(service, error, context);
  if (our_fault(error, rendered.status))
    log::error("request failed", "request_id={} operation={} error=\"{}\"", exchange.request_id,
               exchange.operation == nullptr ? "none" : exchange.operation->name,
               error.to_string());
  // The head may be out already when a body fails: the connection then ends without its last byte.
  if (exchange.response.begun()) co_return;
  exchange.response.clear();
  exchange.response.set_status(rendered.status);
  for (const auto& [name, value] : rendered.headers) exchange.response.add_header(name, value);
  if (service.protocol == protocol::Protocol::rest_xml) {
    exchange.response.add_header("x-amz-request-id", exchange.request_id);
    exchange.response.add_header("x-amz-id-2", kHostId);
  } else {
    exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
  }
  exchange.add_cors_headers();
  (void)co_await exchange.response.send(rendered.body);
}

}  // namespace dyad::gateway
