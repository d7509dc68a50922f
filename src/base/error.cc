#include "base/error.h"

namespace dyad {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::already_exists:
      return "already_exists";
    case ErrorCode::failed_condition:
      return "failed_condition";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::need_keys:
      return "need_keys";
    case ErrorCode::retry:
      return "retry";
    case ErrorCode::not_owner:
      return "not_owner";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::out_of_range:
      return "out_of_range";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::corruption:
      return "corruption";
    case ErrorCode::io_error:
      return "io_error";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::overloaded:
      return "overloaded";
    case ErrorCode::deadline_exceeded:
      return "deadline_exceeded";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::internal:
      return "internal";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text(dyad::to_string(code));
  text += ": ";
  text += message;
  return text;
}

}  // namespace dyad
