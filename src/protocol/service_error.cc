#include "protocol/service_error.h"

#include <memory>

namespace dyad::protocol {
namespace {

ErrorCode code_of_status(std::uint16_t status) {
  switch (status) {
    case 403:
      return ErrorCode::permission_denied;
    case 404:
      return ErrorCode::not_found;
    case 409:
      return ErrorCode::conflict;
    case 412:
      return ErrorCode::failed_condition;
    case 413:
      return ErrorCode::too_large;
    case 416:
      return ErrorCode::out_of_range;
    case 501:
      return ErrorCode::unsupported;
    case 503:
      return ErrorCode::overloaded;
    default:
      return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
  }
}

template <class Change>
Error changed(Error error, Change change) {
  const ServiceError* old = as_service_error(error);
  if (!old) return error;
  auto copy = std::make_shared<ServiceError>(*old);
  change(*copy);
  error.detail = std::move(copy);
  return error;
}

}  // namespace

Error service_error(const ErrorInfo& info) {
  return service_error(info, std::string(info.message));
}

Error service_error(const ErrorInfo& info, std::string message) {
  return service_error(std::string(info.code), info.http_status, std::move(message));
}

Error service_error(std::string code, std::uint16_t http_status, std::string message) {
  auto detail = std::make_shared<ServiceError>();
  detail->code = std::move(code);
  detail->http_status = http_status;
  return Error(code_of_status(http_status), std::move(message), std::move(detail));
}

Error with_field(Error error, std::string name, std::string value) {
  return changed(std::move(error), [&](ServiceError& detail) {
    detail.fields.emplace_back(std::move(name), std::move(value));
  });
}

Error with_header(Error error, std::string name, std::string value) {
  return changed(std::move(error), [&](ServiceError& detail) {
    detail.headers.emplace_back(std::move(name), std::move(value));
  });
}

Error with_json_members(Error error, std::string members) {
  return changed(std::move(error), [&](ServiceError& detail) {
    if (!detail.json_members.empty()) detail.json_members += ',';
    detail.json_members += members;
  });
}

const ServiceError* as_service_error(const Error& error) {
  return dynamic_cast<const ServiceError*>(error.detail.get());
}

std::string_view service_code(const Error& error) {
  const ServiceError* detail = as_service_error(error);
  return detail ? std::string_view(detail->code) : std::string_view();
}

}  // namespace dyad::protocol
