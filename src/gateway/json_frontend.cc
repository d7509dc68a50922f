#include "gateway/json_frontend.h"

#include "api/dynamodb/operations.h"
#include "crypto/crc.h"
#include "protocol/error_rendering.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

/// "DynamoDB_20120810.PutItem" -> the operation. Null: unknown.
const protocol::Operation* operation_of(std::string_view target) {
  const std::size_t dot = target.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  if (target.substr(0, dot) != api::dynamodb::kService.target_prefix) return nullptr;
  return api::dynamodb::find_operation(target.substr(dot + 1));
}

}  // namespace

Task<void> JsonFrontend::serve(Exchange& exchange) {
  Result<> answered = co_await answer(exchange);
  if (!answered)
    co_await answer_error(exchange, api::dynamodb::kService, std::move(answered).error(), {});
}

Task<Result<>> JsonFrontend::answer(Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  exchange.operation = operation_of(head.value("x-amz-target"));
  if (exchange.operation == nullptr)
    co_return fail(protocol::service_error("UnknownOperationException", 400, ""));
  const crypto::RequestView view = head.signing_view();
  DYAD_CO_TRY_ASSIGN(const Authenticator::Claim claim,
                     authenticator_.claim(view, exchange.operation->service->name));
  DYAD_CO_TRY_ASSIGN(const std::string body,
                     co_await http::read_all(exchange.request.body, kMaxBufferedBodyBytes));
  DYAD_CO_TRY_ASSIGN(const auth::Principal* principal,
                     authenticator_.authenticate_buffered(view, claim, body));
  const api::OperationHandler* handler = shared_.dynamodb.find(*exchange.operation);
  if (handler == nullptr) co_return fail(protocol::not_implemented(*exchange.operation));

  const std::unique_ptr<api::Call> call = handler->begin();
  const protocol::JsonCodec codec(hooks_(*exchange.operation));
  DYAD_CO_TRY(codec.parse(parser_, body, *exchange.operation->input, call->input()));
  DYAD_CO_TRY(shared_.authorizer.authorise(*principal, exchange.operation->iam_action));
  api::RequestContext context = exchange.context(*principal);
  DYAD_CO_TRY(co_await call->run(context));

  std::string reply;
  codec.write(*exchange.operation->output, call->output(), reply);
  exchange.response.set_status(exchange.operation->success_status);
  exchange.response.add_header("Content-Type", "application/x-amz-json-1.0");
  exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
  // The SDKs of DynamoDB hold the answer against it.
  exchange.response.add_header("x-amz-crc32", std::to_string(crypto::crc32(reply)));
  co_return co_await exchange.response.send(reply);
}

}  // namespace dyad::gateway
