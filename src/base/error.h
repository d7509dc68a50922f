#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dyad {

/// What kind of thing went wrong. A caller decides by the code and never by the message.
enum class ErrorCode : std::uint8_t {
  invalid_argument,   ///< The input breaks a rule; the message says which.
  not_found,          ///< What was named is not there.
  already_exists,     ///< What was to be made is there.
  failed_condition,   ///< A condition of the caller's evaluated to false.
  conflict,           ///< Another operation is in the way; a retry may pass.
  need_keys,          ///< Store only: the body touched what it had not declared; it runs again.
  retry,              ///< Store only: order was lost; the body runs again.
  not_owner,          ///< The partition is gone, split or owned elsewhere; reload the map.
  too_large,          ///< A named limit was reached.
  out_of_range,       ///< A position or range that the data does not have.
  permission_denied,  ///< Authenticated, but not allowed; or no valid signature.
  corruption,         ///< Stored bytes are not what was written; the message names the file.
  io_error,           ///< The operating system failed a file or socket operation.
  no_space,           ///< The disk is full or its reserve is reached; a retry may pass later.
  overloaded,         ///< Shed at the door: a queue or budget is full; retry with backoff.
  deadline_exceeded,  ///< The request's time is over.
  cancelled,          ///< The other side went away or the server stops.
  unsupported,        ///< Known, but not served.
  internal,           ///< A bug of ours.
};

/// The code's name as written above ("failed_condition"), for logs.
std::string_view to_string(ErrorCode code);

/// Extra facts a higher floor attaches to an error (an AWS error code, a status, a list of
/// cancellation reasons). Lower floors carry it along and never look inside.
class ErrorDetail {
 public:
  virtual ~ErrorDetail() = default;
};

/// What was wrong, what was expected, and where. `message` is for people; it never holds secrets.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::shared_ptr<const ErrorDetail> detail;

  Error(ErrorCode c, std::string m) : code(c), message(std::move(m)) {}
  Error(ErrorCode c, std::string m, std::shared_ptr<const ErrorDetail> d)
      : code(c), message(std::move(m)), detail(std::move(d)) {}

  /// "corruption: segment 000003.log, block 17: checksum mismatch".
  std::string to_string() const;
};

}  // namespace dyad
