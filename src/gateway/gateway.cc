#include "gateway/gateway.h"

#include "api/s3/operations.h"
#include "base/check.h"
#include "base/log.h"
#include "crypto/sigv4.h"
#include "protocol/error_rendering.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

constexpr std::size_t kS3RequestIdChars = 16;
constexpr std::size_t kJsonRequestIdChars = 52;

/// A form is the query protocol; S3's own POST forms are multipart.
bool is_query_protocol(const http::RequestHead& head) {
  return head.method == "POST" && head.path == "/" &&
         head.value("content-type").starts_with("application/x-www-form-urlencoded");
}

/// Nothing of AWS's is asked without a signature at these two places of a bucket's name.
bool is_for_operators(const http::RequestHead& head, std::string_view path) {
  return head.path == path && head.query.empty() &&
         (head.method == "GET" || head.method == "HEAD") &&
         crypto::auth_scheme_of(head.signing_view()) == crypto::AuthScheme::anonymous;
}

Task<void> answer_text(http::ResponseWriter& response, std::string_view type, std::string text) {
  response.add_header("Content-Type", type);
  (void)co_await response.send(text);
}

}  // namespace

ServiceHandlers::ServiceHandlers(std::vector<std::unique_ptr<api::OperationHandler>> handlers) {
  for (auto& handler : handlers) {
    const std::size_t index = handler->operation().index;
    if (by_index_.size() <= index) by_index_.resize(index + 1);
    DYAD_CHECK(by_index_[index] == nullptr);
    by_index_[index] = std::move(handler);
  }
}

Gateway::Gateway(const GatewayShared& shared, JsonHooks hooks)
    : shared_(shared),
      authenticator_(shared),
      json_(shared, authenticator_, std::move(hooks)),
      query_(shared, authenticator_),
      s3_(shared, authenticator_) {}

Task<void> Gateway::handle(http::Request& request, http::ResponseWriter& response) {
  Exchange exchange{shared_, request, response, {}, shared_.clock.steady_us(), nullptr};
  co_await dispatch(exchange);
  const std::int64_t took_us = shared_.clock.steady_us() - exchange.began_us;
  shared_.metrics.count(exchange.operation, response.status(), took_us);
  log::debug("request", "request_id={} operation={} method={} path={} status={} took_us={} peer={}",
             exchange.request_id, exchange.operation == nullptr ? "none" : exchange.operation->name,
             request.head.method, request.head.path, response.status(), took_us,
             request.stream.peer_address());
}

std::string Gateway::describe(http::HeadError error, http::ResponseWriter& response) {
  protocol::ErrorContext context;
  const std::string request_id = make_request_id(shared_.random, kS3RequestIdChars);
  context.request_id = request_id;
  context.host_id = kHostId;
  const protocol::ErrorResponse rendered = protocol::render_error(
      api::s3::kService,
      protocol::service_error(
          "BadRequest", static_cast<std::uint16_t>(error.status),
          "An error occurred when parsing the HTTP request: " + std::string(error.reason)),
      context);
  for (const auto& [name, value] : rendered.headers) response.add_header(name, value);
  shared_.metrics.count(nullptr, error.status, 0);
  return rendered.body;
}

Task<void> Gateway::dispatch(Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  if (head.find("x-amz-target") != nullptr) {
    exchange.request_id = make_request_id(shared_.random, kJsonRequestIdChars);
    co_await json_.serve(exchange);
  } else if (is_query_protocol(head)) {
    exchange.request_id = make_request_id(shared_.random, kJsonRequestIdChars);
    co_await query_.serve(exchange);
  } else if (is_for_operators(head, "/health")) {
    co_await answer_text(exchange.response, "application/json", "{\"status\":\"ok\"}\n");
  } else if (is_for_operators(head, "/metrics")) {
    co_await answer_text(exchange.response, "text/plain; version=0.0.4", shared_.metrics.render());
  } else {
    exchange.request_id = make_request_id(shared_.random, kS3RequestIdChars);
    co_await s3_.serve(exchange);
  }
}

}  // namespace dyad::gateway
