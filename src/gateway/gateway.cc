#include "gateway/gateway.h"

#include "api/dynamodb/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"
#include "base/check.h"
#include "base/log.h"
#include "crypto/query_parameters.h"
#include "crypto/sigv4.h"
#include "gateway/request_form.h"
#include "gateway/request_id.h"
#include "protocol/error_rendering.h"
#include "protocol/service_error.h"
#include "protocol/xml_writer.h"
#include "runtime/executor.h"

namespace dyad::gateway {
namespace {

/// So often the log says how many requests are refused because a queue stands.
constexpr std::int64_t kReportEveryUs = 10'000'000;

/// The service in a version 4 credential, "AKID/20130524/us-east-1/s3/aws4_request"; empty: none.
/// Nothing is believed of it: it only says who is to check the signature. `kept` holds what had to
/// be decoded.
std::string_view scoped_service(const http::RequestHead& head, std::string& kept) {
  std::string_view rest;
  const std::string_view authorization = head.value("authorization");
  constexpr std::string_view field = "Credential=";
  if (const std::size_t at = authorization.find(field); at != std::string_view::npos) {
    rest = authorization.substr(at + field.size());
    rest = rest.substr(0, rest.find(','));
  } else if (!head.query.empty()) {
    kept = crypto::query_parameter(head.query, "X-Amz-Credential").value_or("");
    rest = kept;
  }
  for (int skipped = 0; skipped < 3; ++skipped) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view() : rest.substr(0, slash);
}

/// Nothing of AWS's is asked without a signature at these two places of a bucket's name.
bool is_for_operators(const http::RequestHead& head, std::string_view path) {
  return head.path == path && head.query.empty() &&
         (head.method == "GET" || head.method == "HEAD") &&
         crypto::auth_scheme_of(head.signing_view()) == crypto::AuthScheme::anonymous;
}

/// Accounts stand before the host of S3 Control, where a bucket stands before S3's. It is another
/// service, with errors of its own form ("Error responses" in the S3 Control API).
Task<void> refuse_s3_control(Exchange& exchange) {
  std::string body(protocol::kXmlDeclaration);
  protocol::open_element(body, "ErrorResponse",
                         "http://awss3control.amazonaws.com/doc/2018-08-20/");
  protocol::open_element(body, "Error");
  protocol::append_element(body, "Code", "NotImplemented");
  protocol::append_element(body, "Message",
                           "S3 Control is not served. A host whose name begins with an account's "
                           "number is S3 Control's, not a bucket's.");
  protocol::close_element(body, "Error");
  protocol::append_element(body, "RequestId", exchange.request_id);
  protocol::append_element(body, "HostId", kHostId);
  protocol::close_element(body, "ErrorResponse");
  exchange.response.set_status(501);
  exchange.response.add_header("Content-Type", "application/xml");
  exchange.response.add_header("x-amz-request-id", exchange.request_id);
  exchange.response.add_header("x-amz-id-2", kHostId);
  (void)co_await exchange.response.send(body);
}

/// A browser that is going to send X-Amz-Target asks first, with its name in a list.
bool is_target_preflight(const http::RequestHead& head) {
  if (head.method != "OPTIONS") return false;
  std::string names(head.value("access-control-request-headers"));
  for (char& c : names)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return names.find("x-amz-target") != std::string::npos;
}

Task<void> answer_text(http::ResponseWriter& response, std::string_view type, std::string text) {
  response.add_header("Content-Type", type);
  (void)co_await response.send(text);
}

}  // namespace

ServiceHandlers::ServiceHandlers(std::vector<std::unique_ptr<api::OperationHandler>> handlers,
                                 std::unique_ptr<api::CorsPolicy> cors)
    : cors_(std::move(cors)) {
  for (auto& handler : handlers) {
    const std::size_t index = handler->operation().index;
    if (by_index_.size() <= index) by_index_.resize(index + 1);
    DYAD_CHECK(by_index_[index] == nullptr);
    by_index_[index] = std::move(handler);
  }
}

Gateway::Gateway(const GatewayShared& shared, JsonHooks hooks, Admission* admission)
    : shared_(shared),
      admission_(admission),
      refusals_(shared.random),
      hosts_(shared.options.domains),
      memory_(shared.body_memory),
      authenticator_(shared),
      json_(shared, authenticator_, std::move(hooks)),
      admin_(shared, authenticator_),
      query_(shared, authenticator_),
      s3_(shared, authenticator_) {}

Task<void> Gateway::handle(http::Request& request, http::ResponseWriter& response) {
  const std::int64_t began_us = shared_.clock.steady_us();
  if (admission_ != nullptr) admission_->request_came(began_us);
  if (!within_rate(request)) {
    co_await refuse(request, response, began_us);
    co_return;
  }
  if (sheds(request.head)) {
    co_await shed(request, response, began_us);
    co_return;
  }
  Exchange exchange{shared_, request, response, {}, began_us, nullptr, http::BudgetShare(memory_)};
  co_await dispatch(exchange);
  const std::int64_t took_us = shared_.clock.steady_us() - exchange.began_us;
  shared_.metrics.count(exchange.operation, response.status(), took_us);
  // The address takes time to be written.
  if (!log::enabled(log::Level::debug)) co_return;
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
          error.status == 503 ? "SlowDown" : "BadRequest", static_cast<std::uint16_t>(error.status),
          "An error occurred when parsing the HTTP request: " + std::string(error.reason)),
      context);
  for (const auto& [name, value] : rendered.headers) response.add_header(name, value);
  shared_.metrics.count(nullptr, error.status, 0);
  return rendered.body;
}

/// Asked only where there is a rate, for an address takes time to be written.
bool Gateway::within_rate(const http::Request& request) {
  return !shared_.request_rates.limits() ||
         shared_.request_rates.admit(request.stream.peer_address());
}

/// Because a queue stands (gateway/admission.h). Who asks how the server does is always answered.
/// Those who name no key of this server are refused first, so that strangers do not take the places
/// of clients: a form that a browser posts is among them, whose key stands in its body.
bool Gateway::sheds(const http::RequestHead& head) {
  if (admission_ == nullptr || !admission_->shedding()) return false;
  if (is_for_operators(head, "/health") || is_for_operators(head, "/metrics")) return false;
  std::string kept;
  const bool known = shared_.credentials.find(claimed_access_key(head, kept)) != nullptr;
  return admission_->refuses(known, may_write(head));
}

void Gateway::report_shedding(std::int64_t now_us) {
  if (now_us - reported_us_ < kReportEveryUs) return;
  const std::uint64_t refused = admission_->refused();
  log::warning("overloaded: requests are told to slow down",
               "refused_since_last_line={} refused={} waiting_ms={} writes_waiting_ms={}",
               refused - reported_refused_, refused, admission_->wait_us() / 1000,
               admission_->writes_wait_us() / 1000);
  reported_us_ = now_us;
  reported_refused_ = refused;
}

Task<void> Gateway::shed(http::Request& request, http::ResponseWriter& response,
                         std::int64_t began_us) {
  report_shedding(began_us);
  const std::int64_t pause_us = admission_->pause_us(began_us);
  if (pause_us > 0) co_await SleepUntil(began_us + pause_us);
  co_await refuse(request, response, began_us);
}

Task<void> Gateway::refuse(http::Request& request, http::ResponseWriter& response,
                           std::int64_t began_us) {
  co_await refusals_.answer(request.head, response);
  shared_.metrics.count(nullptr, response.status(), shared_.clock.steady_us() - began_us);
}

/// In the order in which a request says whom it is for: target, credential scope, host, path.
Task<void> Gateway::dispatch(Exchange& exchange) {
  const http::RequestHead& head = exchange.request.head;
  if (head.find("x-amz-target") != nullptr || is_target_preflight(head)) {
    exchange.request_id = make_request_id(shared_.random, kJsonRequestIdChars);
    if (AdminFrontend::is_admin_target(head.value("x-amz-target"))) {
      co_await admin_.serve(exchange);
    } else {
      co_await json_.serve(exchange);
    }
  } else if (is_for_operators(head, "/health")) {
    co_await answer_text(exchange.response, "application/json", "{\"status\":\"ok\"}\n");
  } else if (is_for_operators(head, "/metrics")) {
    co_await answer_text(exchange.response, "text/plain; version=0.0.4", shared_.metrics.render());
  } else {
    std::string kept;
    const std::string_view scoped = scoped_service(head, kept);
    co_await serve_by_host(exchange, scoped);
  }
}

Task<void> Gateway::serve_by_host(Exchange& exchange, std::string_view scoped_service) {
  using Service = HostName::Service;
  const http::RequestHead& head = exchange.request.head;
  HostName host = hosts_.parse(head.host, head.path);
  Service service = host.service;
  if (scoped_service == api::dynamodb::kService.name) {
    service = Service::dynamodb;
  } else if (scoped_service == api::sts::kService.name) {
    service = Service::sts;
  } else if (scoped_service != api::s3::kService.name && is_query_form(head)) {
    service = Service::sts;
  } else if (service == Service::dynamodb || service == Service::sts) {
    // Signed for another service than the host's: that of the host refuses it in its own words.
  } else if (service != Service::s3_control) {
    service = Service::s3;
  }
  const bool is_s3 = service == Service::s3 || service == Service::s3_control;
  exchange.request_id =
      make_request_id(shared_.random, is_s3 ? kS3RequestIdChars : kJsonRequestIdChars);
  if (service == Service::dynamodb) {
    co_await json_.serve(exchange);
  } else if (service == Service::sts) {
    co_await query_.serve(exchange);
  } else if (service == Service::s3_control) {
    co_await refuse_s3_control(exchange);
  } else {
    co_await s3_.serve(exchange, std::move(host.bucket));
  }
}

}  // namespace dyad::gateway
