#include "gateway/json_frontend.h"

#include "api/dynamodb/errors.h"
#include "api/dynamodb/operations.h"
#include "crypto/crc.h"
#include "gateway/access.h"
#include "gateway/cross_origin.h"
#include "http/content_coding.h"
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

bool is_packed(const http::RequestHead& head) {
  const http::Header* coding = head.find("content-encoding");
  return coding != nullptr && !coding->value.empty() && coding->value != "identity";
}

/// The text of a packed body, whose signature was of the packed bytes. What cannot be unpacked the
/// service answers with its own failure, as DynamoDB does.
Task<Result<std::string>> unpack(const http::RequestHead& head, std::string_view body) {
  if (head.value("content-encoding") == "gzip") {
    auto text = co_await http::unpack_gzip(body, kMaxBufferedBodyBytes);
    if (text || text.error().code != ErrorCode::invalid_argument) co_return text;
  }
  co_return fail(protocol::service_error(api::dynamodb::errors::kInternalServerError));
}

/// As the client asks for it; answers below this size are never packed.
http::ContentCoding coding_of(const http::RequestHead& head, std::size_t reply_bytes) {
  constexpr std::size_t kSmallestPacked = 4096;
  if (reply_bytes < kSmallestPacked) return http::ContentCoding::identity;
  return http::choose_coding(head.value("accept-encoding"));
}

}  // namespace

Task<void> JsonFrontend::serve(Exchange& exchange) {
  const api::CorsPolicy* cors = shared_.dynamodb.cors();
  const http::RequestHead& head = exchange.request.head;
  Result<> answered;
  if (cors != nullptr && names_origin(head) && head.method == "OPTIONS") {
    exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
    answered = co_await answer_preflight(exchange, *cors, {}, false);
  } else {
    if (names_origin(head)) co_await note_origin(exchange, cors, {}, false);
    answered = co_await answer(exchange);
  }
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
  DYAD_CO_TRY_ASSIGN(
      const std::string body,
      co_await http::read_all(exchange.request.body, kMaxBufferedBodyBytes, exchange.memory));
  DYAD_CO_TRY_ASSIGN(const auth::Principal* principal,
                     authenticator_.authenticate_buffered(view, claim, body));
  const api::OperationHandler* handler = shared_.dynamodb.find(*exchange.operation);
  if (handler == nullptr) co_return fail(protocol::not_implemented(*exchange.operation));

  const std::unique_ptr<api::Call> call = handler->begin();
  const protocol::JsonCodec codec(hooks_(*exchange.operation));
  std::string unpacked;
  const bool packed = is_packed(head);
  if (packed) {
    // As much as may come out, until it is known how much does.
    DYAD_CO_TRY(exchange.memory.add(kMaxBufferedBodyBytes));
    DYAD_CO_TRY_ASSIGN(unpacked, co_await unpack(head, body));
    exchange.memory.give_back(kMaxBufferedBodyBytes - unpacked.size());
  }
  DYAD_CO_TRY(
      codec.parse(parser_, packed ? unpacked : body, *exchange.operation->input, call->input()));
  const ExchangeFacts facts(exchange, *principal);
  const auth::AccessGate gate(shared_.authorizer, *principal, facts);
  api::RequestContext context = exchange.context(*principal);
  context.access = &gate;
  DYAD_CO_TRY(gate.enter(exchange.operation->iam_action));
  const auto any = [] { return std::string_view("*"); };
  DYAD_CO_TRY(authorise(gate, *handler, context, call->input(), any));
  DYAD_CO_TRY(co_await call->run(context));

  std::string reply;
  // An operation that has nothing to say answers without a body.
  if (!exchange.operation->output->members.empty())
    codec.write(*exchange.operation->output, call->output(), reply);
  const http::ContentCoding coding = coding_of(head, reply.size());
  if (coding != http::ContentCoding::identity) {
    reply = co_await http::pack(reply, coding);
    exchange.response.add_header("Content-Encoding", http::name_of(coding));
  }
  exchange.response.set_status(exchange.operation->success_status);
  exchange.response.add_header("Content-Type", "application/x-amz-json-1.0");
  exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
  exchange.add_cors_headers();
  // The SDKs of DynamoDB hold the answer against it, as it is sent.
  exchange.response.add_header("x-amz-crc32", std::to_string(crypto::crc32(reply)));
  co_return co_await exchange.response.send(reply);
}

}  // namespace dyad::gateway
