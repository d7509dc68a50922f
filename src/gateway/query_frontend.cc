#include "gateway/query_frontend.h"

#include "api/sts/operations.h"
#include "gateway/access.h"
#include "protocol/error_rendering.h"
#include "protocol/query_protocol.h"
#include "protocol/query_string.h"
#include "protocol/service_error.h"

namespace dyad::gateway {

Task<void> QueryFrontend::serve(Exchange& exchange) {
  Result<> answered = co_await answer(exchange);
  if (!answered)
    co_await answer_error(exchange, api::sts::kService, std::move(answered).error(), {});
}

Task<Result<>> QueryFrontend::answer(Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  const crypto::RequestView view = head.signing_view();
  DYAD_CO_TRY_ASSIGN(const Authenticator::Claim claim,
                     authenticator_.claim(view, api::sts::kService.name));
  DYAD_CO_TRY_ASSIGN(
      const std::string body,
      co_await http::read_all(exchange.request.body, kMaxFormBytes, exchange.memory));
  // The parameters of a GET stand in its query, those of the signature among them.
  const std::string_view parameters = head.method == "POST" ? std::string_view(body) : head.query;
  Result<std::vector<protocol::QueryParameter>> form = protocol::parse_query_string(parameters);
  if (!form)
    co_return fail(protocol::service_error("MalformedQueryString", 400, form.error().message));
  const std::string_view action = protocol::form_value(*form, "Action");
  exchange.operation = api::sts::find_operation(action);
  if (exchange.operation == nullptr)
    co_return fail(protocol::service_error(
        "InvalidAction", 400,
        "Could not find operation " + std::string(action) + " for version " +
            std::string(protocol::form_value(*form, "Version"))));
  DYAD_CO_TRY_ASSIGN(const auth::Principal* principal,
                     authenticator_.authenticate_buffered(view, claim, body));
  const api::OperationHandler* handler = shared_.sts.find(*exchange.operation);
  if (handler == nullptr) co_return fail(protocol::not_implemented(*exchange.operation));

  const std::unique_ptr<api::Call> call = handler->begin();
  DYAD_CO_TRY(protocol::parse_form(*exchange.operation, *form, call->input()));
  const ExchangeFacts facts(exchange, *principal);
  const auth::AccessGate gate(shared_.authorizer, *principal, facts);
  api::RequestContext context = exchange.context(*principal);
  context.access = &gate;
  if (exchange.operation->authorised) {
    DYAD_CO_TRY(gate.enter(exchange.operation->iam_action));
    const auto any = [] { return std::string_view("*"); };
    DYAD_CO_TRY(authorise(gate, *handler, context, call->input(), any));
  }
  DYAD_CO_TRY(co_await call->run(context));

  const std::string reply =
      protocol::render_query(*exchange.operation, call->output(), exchange.request_id);
  exchange.response.set_status(exchange.operation->success_status);
  exchange.response.add_header("Content-Type", "text/xml");
  exchange.response.add_header("x-amzn-RequestId", exchange.request_id);
  co_return co_await exchange.response.send(reply);
}

}  // namespace dyad::gateway
