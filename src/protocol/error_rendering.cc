#include "protocol/error_rendering.h"

#include "base/check.h"
#include "protocol/json_writer.h"
#include "protocol/service_error.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

/// Codes for errors of the lower floors, by protocol.
struct NearestCodes {
  std::string_view invalid, too_large, denied, busy, deadline, internal;
};

constexpr NearestCodes kJsonCodes = {.invalid = "ValidationException",
                                     .too_large = "RequestEntityTooLargeException",
                                     .denied = "AccessDeniedException",
                                     .busy = "ThrottlingException",
                                     .deadline = "InternalServerError",
                                     .internal = "InternalServerError"};
constexpr NearestCodes kS3Codes = {.invalid = "InvalidRequest",
                                   .too_large = "EntityTooLarge",
                                   .denied = "AccessDenied",
                                   .busy = "SlowDown",
                                   .deadline = "ServiceUnavailable",
                                   .internal = "InternalError"};
constexpr NearestCodes kQueryCodes = {.invalid = "ValidationError",
                                      .too_large = "MalformedInput",
                                      .denied = "AccessDenied",
                                      .busy = "Throttling",
                                      .deadline = "ServiceUnavailable",
                                      .internal = "InternalFailure"};

const NearestCodes& codes_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::aws_json_1_0:
    case Protocol::rest_json_1:
      return kJsonCodes;
    case Protocol::query:
      return kQueryCodes;
    case Protocol::rest_xml:
      return kS3Codes;
  }
  return kS3Codes;
}

/// 503 in every service, which all SDKs try again: unlike a throttled request's 400 of DynamoDB,
/// and without S3's SlowDown, which has clients send less for no gain.
constexpr std::string_view kFullDiskCode = "ServiceUnavailable";
constexpr std::string_view kFullDiskMessage =
    "The server's disk is nearly full: writes are refused until there is room again. Reads and "
    "deletes go on; delete what is not needed, or give the server more space.";

std::string_view nearest_code(Protocol protocol, ErrorCode code) {
  const NearestCodes& codes = codes_of(protocol);
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::out_of_range:
      return codes.invalid;
    case ErrorCode::too_large:
      return codes.too_large;
    case ErrorCode::permission_denied:
      return codes.denied;
    case ErrorCode::overloaded:
    case ErrorCode::conflict:
      return codes.busy;
    case ErrorCode::no_space:
      return kFullDiskCode;
    case ErrorCode::deadline_exceeded:
    case ErrorCode::cancelled:
      return codes.deadline;
    default:
      return codes.internal;
  }
}

/// What is rendered: the service's error, or the nearest one to another floor's.
struct Answer {
  ErrorInfo info;
  std::string_view message;
  const ServiceError* detail = nullptr;
};

Answer answer_of(const ServiceInfo& service, const Error& error) {
  if (const ServiceError* detail = as_service_error(error)) {
    ErrorInfo info{.code = detail->code, .http_status = detail->http_status};
    if (const ErrorInfo* known = find_error(service, detail->code)) info = *known;
    info.http_status = detail->http_status;
    return {info, error.message, detail};
  }
  const ErrorInfo* known = find_error(service, nearest_code(service.protocol, error.code));
  DYAD_CHECK(known != nullptr);
  const bool full = error.code == ErrorCode::no_space;
  return {*known, full ? kFullDiskMessage : known->message, nullptr};
}

/// The message, and members beside it, each with a comma before it unless `out` is a bare brace.
void append_json_members(const Answer& answer, std::string& out) {
  const auto separate = [&out] {
    if (!out.ends_with('{')) out += ',';
  };
  if (!answer.message.empty()) {
    separate();
    out += '"';
    out += answer.info.message_key;
    out += "\":";
    append_json_string(out, answer.message);
  }
  if (answer.detail && !answer.detail->json_members.empty()) {
    separate();
    out += answer.detail->json_members;
  }
}

std::string json_body(const Answer& answer) {
  std::string out = "{\"__type\":";
  append_json_string(out, std::string(answer.info.type_prefix) + std::string(answer.info.code));
  append_json_members(answer, out);
  return out + "}";
}

/// The code is a header of its own (Smithy, "AWS restJson1", operation error serialization).
std::string rest_json_body(const Answer& answer) {
  std::string out = "{";
  append_json_members(answer, out);
  return out + "}";
}

std::string s3_body(const Answer& answer, const ErrorContext& context) {
  std::string out(kXmlDeclaration);
  open_element(out, "Error");
  append_element(out, "Code", answer.info.code);
  append_element(out, "Message", answer.message);
  if (answer.detail && !answer.detail->fields.empty()) {
    for (const auto& [name, value] : answer.detail->fields) append_element(out, name, value);
  } else if (!context.resource.empty()) {
    append_element(out, "Resource", context.resource);
  }
  append_element(out, "RequestId", context.request_id);
  append_element(out, "HostId", context.host_id);
  close_element(out, "Error");
  return out;
}

std::string query_body(const ServiceInfo& service, const Answer& answer,
                       const ErrorContext& context) {
  std::string out;
  open_element(out, "ErrorResponse", service.xml_namespace);
  open_element(out, "Error");
  append_element(out, "Type", answer.info.http_status < 500 ? "Sender" : "Receiver");
  append_element(out, "Code", answer.info.code);
  append_element(out, "Message", answer.message);
  close_element(out, "Error");
  append_element(out, "RequestId", context.request_id);
  close_element(out, "ErrorResponse");
  return out;
}

}  // namespace

ErrorResponse render_error(const ServiceInfo& service, const Error& error,
                           const ErrorContext& context) {
  const Answer answer = answer_of(service, error);
  ErrorResponse response{.status = answer.info.http_status,
                         .code = std::string(answer.info.code),
                         .headers = {},
                         .body = {}};
  if (answer.detail) response.headers = answer.detail->headers;
  if (response.status == 304) return response;  // Never has a body (RFC 9110, 15.4.5).
  switch (service.protocol) {
    case Protocol::aws_json_1_0:
      response.body = json_body(answer);
      response.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
      break;
    case Protocol::rest_json_1:
      response.body = rest_json_body(answer);
      response.headers.emplace_back("X-Amzn-Errortype", response.code);
      response.headers.emplace_back("Content-Type", "application/json");
      break;
    case Protocol::rest_xml:
      response.body = s3_body(answer, context);
      response.headers.emplace_back("Content-Type", "application/xml");
      break;
    case Protocol::query:
      response.body = query_body(service, answer, context);
      response.headers.emplace_back("Content-Type", "text/xml");
      break;
  }
  return response;
}

Error not_implemented(const Operation& operation) {
  const ErrorInfo* info = find_error(*operation.service, operation.service->not_implemented_code);
  DYAD_CHECK(info != nullptr);
  return service_error(*info,
                       "The operation " + std::string(operation.name) + " is not implemented.");
}

}  // namespace dyad::protocol
