#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.h"

namespace dyad::http {

// Taking heads apart: pure functions over bytes. Strict where leniency has been a way to smuggle
// one request inside another (RFC 9112, section 11.2): what two servers could read in two ways is
// refused.

struct HeadLimits {
  std::size_t head_bytes = 64 * 1024;  ///< Start line, headers, the empty line.
  std::size_t target_bytes = 16 * 1024;
  std::size_t headers = 200;
};

/// Why a head is refused. Status 0: it is not.
struct HeadError {
  int status = 0;           ///< 400, 414, 431, 501, 503 or 505.
  std::string_view reason;  ///< A sentence for people; static.
  explicit operator bool() const { return status != 0; }
};

/// Looks for the end of a head in bytes that arrive bit by bit, each byte once.
class HeadScanner {
 public:
  void reset() { *this = HeadScanner(); }

  struct Found {
    std::size_t head_bytes = 0;  ///< With the empty line; 0: it is not all there yet.
    HeadError error;             ///< A bare LF, or over the limit.
  };
  /// `bytes`: all there is of the message so far; what was passed before is its beginning.
  Found scan(std::string_view bytes, const HeadLimits& limits);

 private:
  std::size_t line_start_ = 0;
  std::size_t scanned_ = 0;
};

/// `head`: up to and with the empty line, as HeadScanner finds it. `out` is overwritten; its vector
/// keeps its memory.
HeadError parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out);

/// `to_head_request`: the answer to HEAD has no body whatever its headers say.
HeadError parse_response_head(std::string_view head, const HeadLimits& limits, bool to_head_request,
                              ResponseHead& out);

/// RFC 9110's "token": methods and header names.
bool is_token(std::string_view text);

}  // namespace dyad::http
