#include "gateway/refusals.h"

#include "api/dynamodb/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"
#include "base/check.h"
#include "gateway/exchange.h"
#include "gateway/request_form.h"
#include "gateway/request_id.h"
#include "protocol/error_rendering.h"

namespace dyad::gateway {

Refusals::Refusals(Random& random)
    : random_(random),
      s3_(render(api::s3::kService)),
      dynamodb_(render(api::dynamodb::kService)),
      sts_(render(api::sts::kService)) {}

Refusals::Text Refusals::render(const protocol::ServiceInfo& service) {
  // Nothing else in an answer looks like it.
  constexpr std::string_view id = "{request-id}";
  protocol::ErrorContext context;
  context.request_id = id;
  context.host_id = kHostId;
  const protocol::ErrorResponse rendered =
      protocol::render_error(service, Error(ErrorCode::overloaded, ""), context);
  Text text;
  text.status = rendered.status;
  text.is_s3 = service.protocol == protocol::Protocol::rest_xml;
  text.id_header = text.is_s3 ? "x-amz-request-id" : "x-amzn-RequestId";
  text.id_characters = text.is_s3 ? kS3RequestIdChars : kJsonRequestIdChars;
  const std::size_t at = rendered.body.find(id);
  text.names_id = at != std::string::npos;
  text.before_id = rendered.body.substr(0, at);
  if (text.names_id) text.after_id = rendered.body.substr(at + id.size());
  DYAD_CHECK(rendered.headers.size() == 1);
  text.content_type = rendered.headers.front().second;
  return text;
}

const Refusals::Text& Refusals::text_for(const http::RequestHead& head) const {
  if (head.find("x-amz-target") != nullptr) return dynamodb_;
  return is_query_form(head) ? sts_ : s3_;
}

Task<void> Refusals::answer(const http::RequestHead& head, http::ResponseWriter& response) {
  const Text& text = text_for(head);
  const std::string request_id = make_request_id(random_, text.id_characters);
  response.set_status(text.status);
  response.add_header("Content-Type", text.content_type);
  response.add_header(text.id_header, request_id);
  if (text.is_s3) response.add_header("x-amz-id-2", kHostId);
  const std::string_view pieces[] = {
      text.before_id, text.names_id ? std::string_view(request_id) : std::string_view(),
      text.after_id};
  (void)co_await response.send(std::span<const std::string_view>(pieces));
}

}  // namespace dyad::gateway
