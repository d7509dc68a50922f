#include "gateway/cross_origin.h"

namespace dyad::gateway {
namespace {

std::optional<std::string_view> value_of(const http::RequestHead& head, std::string_view name) {
  const http::Header* header = head.find(name);
  if (header == nullptr) return std::nullopt;
  return header->value;
}

api::CorsRequest cors_request(const Exchange& exchange, std::string_view bucket, bool of_object) {
  const http::RequestHead& head = exchange.request.head;
  api::CorsRequest request;
  request.bucket = bucket;
  request.of_object = of_object;
  request.method = head.method;
  request.origin = head.value("origin");
  request.asked_method = value_of(head, "access-control-request-method");
  request.asked_headers = value_of(head, "access-control-request-headers");
  request.deadline = exchange.deadline();
  return request;
}

}  // namespace

Task<void> note_origin(Exchange& exchange, const api::CorsPolicy* policy, std::string_view bucket,
                       bool of_object) {
  if (policy == nullptr || exchange.request.head.method == "OPTIONS") co_return;
  api::CorsRequest request = cors_request(exchange, bucket, of_object);
  exchange.cors_headers = co_await policy->allowed(std::move(request));
}

Task<Result<>> answer_preflight(Exchange& exchange, const api::CorsPolicy& policy,
                                std::string_view bucket, bool of_object) {
  api::CorsRequest request = cors_request(exchange, bucket, of_object);
  DYAD_CO_TRY_ASSIGN(exchange.cors_headers, co_await policy.preflight(std::move(request)));
  exchange.response.set_status(200);
  exchange.add_cors_headers();
  co_return co_await exchange.response.send(std::string_view());
}

}  // namespace dyad::gateway
