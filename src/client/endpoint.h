#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad::client {

/// Where a service is.
struct Endpoint {
  bool secure = false;  ///< https.
  std::string host;     ///< Without brackets.
  std::uint16_t port = 0;

  /// "http://127.0.0.1:4566", "https://[::1]"; nothing behind the authority but one '/'.
  /// invalid_argument says what is wrong.
  static Result<Endpoint> parse(std::string_view url);

  std::string address() const;    ///< "127.0.0.1:4566", "[::1]:443": what to connect to.
  std::string authority() const;  ///< What the Host header says: without the scheme's own port.
  std::string url() const;
};

}  // namespace dyad::client
