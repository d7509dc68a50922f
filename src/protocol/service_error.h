#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "protocol/operation.h"

namespace dyad::protocol {

/// What a service answers when a request fails. It travels as the detail of an Error, through any
/// floor, and is rendered by the request's protocol (protocol/error_rendering.h).
struct ServiceError final : ErrorDetail {
  using Field = std::pair<std::string, std::string>;

  std::string code;  ///< "NoSuchKey", "ConditionalCheckFailedException".
  std::uint16_t http_status = 400;
  std::vector<Field> fields;   ///< Elements beside the message: {"Key", "a.txt"}. XML protocols.
  std::string json_members;    ///< awsJson: members beside the message, rendered: `"Item":{...}`.
  std::vector<Field> headers;  ///< Beside the usual ones: {"allow", "GET"}.
};

/// The error with the message that the service itself gives.
Error service_error(const ErrorInfo& info);
Error service_error(const ErrorInfo& info, std::string message);
Error service_error(std::string code, std::uint16_t http_status, std::string message);

/// The same error and one more element, header or rendered JSON members. An Error without a
/// ServiceError stays as it is.
Error with_field(Error error, std::string name, std::string value);
Error with_header(Error error, std::string name, std::string value);
Error with_json_members(Error error, std::string members);

/// Null: the error comes from a floor that knows of no service.
const ServiceError* as_service_error(const Error& error);
/// "NoSuchKey"; empty: not a service's error.
std::string_view service_code(const Error& error);

}  // namespace dyad::protocol
