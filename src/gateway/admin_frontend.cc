#include "gateway/admin_frontend.h"

#include "base/log.h"
#include "gateway/access.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

constexpr std::string_view kTargetPrefix = "Dyad_20261123.";
constexpr std::size_t kMaxAdminBodyBytes = 64u << 10;
constexpr std::size_t kMaxOperationBytes = 64;

constexpr protocol::ErrorInfo kErrors[] = {
    {.code = "AccessDeniedException", .message = "This is for the root user alone."},
    {.code = "InternalServerError", .http_status = 500, .message = "Internal server error"},
    {.code = "RequestEntityTooLargeException", .http_status = 413, .message = "Too large."},
    {.code = "ThrottlingException", .message = "Rate exceeded"},
    {.code = "ValidationException"},
};
constexpr protocol::ServiceInfo kService = {.name = "dyad",
                                            .full_name = "Dyad",
                                            .api_version = "2026-11-23",
                                            .target_prefix = "Dyad_20261123",
                                            .not_implemented_code = "UnknownOperationException",
                                            .errors = kErrors};

/// What the handler says is for the person who asked: the root user.
Error in_own_words(Error error) {
  if (protocol::as_service_error(error) != nullptr) return error;
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::already_exists:
    case ErrorCode::no_space:
      return protocol::service_error("ValidationException", 400, error.message);
    case ErrorCode::conflict:
      return protocol::service_error("ConflictException", 409, error.message);
    case ErrorCode::not_found:
      return protocol::service_error("NotFoundException", 404, error.message);
    case ErrorCode::unsupported:
      return protocol::service_error("UnknownOperationException", 400, error.message);
    case ErrorCode::io_error:
      return protocol::service_error("StorageException", 500, error.message);
    default:
      return error;
  }
}

}  // namespace

Task<void> AdminFrontend::serve(Exchange& exchange) {
  Result<std::string> reply = co_await answer(exchange);
  if (!reply) {
    co_await answer_error(exchange, kService, std::move(reply).error(), {});
    co_return;
  }
  exchange.response.set_status(200);
  exchange.response.add_header("Content-Type", "application/x-amz-json-1.0");
  exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
  (void)co_await exchange.response.send(*reply);
}

Task<Result<std::string>> AdminFrontend::answer(Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  const crypto::RequestView view = head.signing_view();
  DYAD_CO_TRY_ASSIGN(const Authenticator::Claim claim, authenticator_.claim(view, kService.name));
  DYAD_CO_TRY_ASSIGN(
      const std::string body,
      co_await http::read_all(exchange.request.body, kMaxAdminBodyBytes, exchange.memory));
  DYAD_CO_TRY_ASSIGN(const auth::Principal* principal,
                     authenticator_.authenticate_buffered(view, claim, body));
  const ExchangeFacts facts(exchange, *principal);
  const auth::AccessGate gate(shared_.authorizer, *principal, facts);
  std::string operation(head.value("x-amz-target"));
  const bool known = operation.starts_with(kTargetPrefix) && shared_.admin != nullptr &&
                     operation.size() <= kTargetPrefix.size() + kMaxOperationBytes;
  if (!known) co_return fail(protocol::service_error("UnknownOperationException", 400, ""));
  operation.erase(0, kTargetPrefix.size());
  DYAD_CO_TRY(gate.enter("dyad:" + operation));
  if (principal->kind != auth::Principal::Kind::root)
    co_return fail(ErrorCode::permission_denied, "for the root user alone");
  Result<std::string> reply = co_await shared_.admin->call(operation, body);
  if (!reply) co_return fail(in_own_words(std::move(reply).error()));
  co_return reply;
}

}  // namespace dyad::gateway
