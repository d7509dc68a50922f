#include "gateway/s3_frontend.h"

#include "api/s3/head_bucket.h"
#include "api/s3/operations.h"
#include "gateway/access.h"
#include "gateway/cross_origin.h"
#include "gateway/hoisted_headers.h"
#include "gateway/s3_answer.h"
#include "gateway/s3_body.h"
#include "protocol/error_rendering.h"
#include "protocol/rest_binding.h"
#include "protocol/routes.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

std::string resource_of(const S3Address& address) {
  std::string resource = "/" + address.bucket;
  if (!address.key.empty()) resource += "/" + address.key;
  return resource;
}

Error method_not_allowed(const http::RequestHead& head) {
  Error error = protocol::service_error(
      "MethodNotAllowed", 405, "The specified method is not allowed against this resource.");
  return protocol::with_field(std::move(error), "Method", std::string(head.method));
}

}  // namespace

Task<void> S3Frontend::serve(Exchange& exchange, std::string host_bucket) {
  Parsed parsed;
  parsed.host_bucket = std::move(host_bucket);
  Result<> answered = co_await answer(exchange, parsed);
  if (!answered)
    co_await answer_error(exchange, api::s3::kService, std::move(answered).error(),
                          resource_of(parsed.address));
}

Task<Result<>> S3Frontend::answer(Exchange& exchange, Parsed& parsed) {
  const http::RequestHead& head = exchange.request.head;
  DYAD_CO_TRY_ASSIGN(parsed.address, s3_address(parsed.host_bucket, head.path));
  Result<std::vector<protocol::QueryParameter>> query = protocol::parse_query_string(head.query);
  if (!query)
    co_return fail(protocol::service_error("InvalidURI", 400, "Couldn't parse the specified URI."));
  parsed.query = std::move(*query);
  if (names_origin(head))
    co_await note_origin(exchange, shared_.s3.cors(), parsed.address.bucket,
                         !parsed.address.key.empty());
  if (S3Post::is_post_object(head, parsed.address))
    co_return co_await post_.answer(exchange, parsed.address);
  DYAD_CO_TRY(find_operation(exchange, parsed));
  if (head.method == "OPTIONS" && shared_.s3.cors() != nullptr)
    co_return co_await preflight(exchange, parsed);
  DYAD_CO_TRY_ASSIGN(const Authenticated sender,
                     authenticator_.authenticate_s3(head.signing_view(), parsed.host_bucket));
  co_return co_await run(exchange, parsed, sender);
}

Task<Result<>> S3Frontend::preflight(Exchange& exchange, const Parsed& parsed) {
  add_usual_s3_headers(exchange);
  co_return co_await answer_preflight(exchange, *shared_.s3.cors(), parsed.address.bucket,
                                      !parsed.address.key.empty());
}

Result<> S3Frontend::find_operation(Exchange& exchange, const Parsed& parsed) const {
  const http::RequestHead& head = exchange.request.head;
  protocol::RouteRequest request;
  request.method = head.method;
  request.has_bucket = !parsed.address.bucket.empty();
  request.has_key = request.has_bucket && !parsed.address.key.empty();
  request.query = parsed.query;
  request.headers = head.headers;
  exchange.operation = protocol::match_route(api::s3::kRoutes, request);
  if (exchange.operation == nullptr) return fail(method_not_allowed(head));
  return {};
}

Task<Result<>> S3Frontend::run(Exchange& exchange, const Parsed& parsed,
                               const Authenticated& sender) {
  const protocol::Operation& operation = *exchange.operation;
  const ExchangeFacts facts(exchange, *sender.principal);
  const auth::AccessGate gate(shared_.authorizer, *sender.principal, facts);
  DYAD_CO_TRY(gate.enter(operation.iam_action));
  const api::OperationHandler* handler = shared_.s3.find(operation);
  if (handler == nullptr) co_return fail(protocol::not_implemented(operation));

  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<S3Body> body,
                     S3Body::open(exchange.request.body, exchange.request.head, sender));
  std::string document;
  if (operation.streaming_input) {
    DYAD_CO_TRY(take_stream_memory(exchange, body->reader().length()));
  } else {
    DYAD_CO_TRY_ASSIGN(document,
                       co_await http::read_all(body->reader(), kMaxXmlBodyBytes, exchange.memory));
  }
  const protocol::RestRequest::PathParameter path[] = {{"Bucket", parsed.address.bucket},
                                                       {"Key", parsed.address.key}};
  protocol::RestRequest rest;
  rest.path = path;
  rest.query = parsed.query;
  std::vector<http::Header> with_hoisted;
  rest.headers = exchange.request.head.headers;
  if (sender.presigned) {
    DYAD_CO_TRY_ASSIGN(with_hoisted,
                       hoisted_headers(rest.headers, parsed.query, sender.signed_headers));
    rest.headers = with_hoisted;
  }
  rest.body = document;
  const std::unique_ptr<api::Call> call = handler->begin();
  DYAD_CO_TRY(protocol::parse_rest(operation, rest, call->input()));

  api::RequestContext context = exchange.context(*sender.principal);
  TimedBody timed(body->reader(), exchange, context);
  context.address.virtual_host = parsed.address.virtual_host;
  context.access = &gate;
  context.headers = rest.headers;
  context.body = &timed;
  context.document = document;
  context.announced_trailers = exchange.request.head.value("x-amz-trailer");
  context.trailers = body->trailers();
  const auto own = [&] { return s3_resource(parsed.address.bucket, parsed.address.key); };
  DYAD_CO_TRY(authorise(gate, *handler, context, call->input(), own));
  DYAD_CO_TRY(co_await call->run(context));
  co_return co_await send(exchange, call->output(), context);
}

Task<Result<>> S3Frontend::send(Exchange& exchange, const void* output,
                                api::RequestContext& context) {
  const protocol::RestResponse rendered = protocol::render_rest(*exchange.operation, output);
  http::ResponseWriter& response = exchange.response;
  const std::uint16_t status = context.status != 0 ? context.status : rendered.status;
  const std::optional<std::uint64_t> content_length = begin_s3_answer(exchange, status, rendered);
  if (exchange.is_head()) {
    // It tells the type of the document that no HEAD may bring.
    if (exchange.operation == &api::s3::HeadBucket::kOperation)
      response.add_header("Content-Type", "application/xml");
    DYAD_CO_TRY(co_await response.begin(content_length.value_or(rendered.body.size())));
    co_return co_await response.finish();
  }
  if (context.reply_body) co_return co_await response.send_from(*context.reply_body);
  co_return co_await response.send(rendered.body);
}

}  // namespace dyad::gateway
