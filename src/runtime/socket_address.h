#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad {

/// "host:port" or "[v6]:port" taken apart. invalid_argument says what is wrong.
struct HostPort {
  std::string host;  ///< Without brackets.
  std::uint16_t port = 0;

  static Result<HostPort> parse(std::string_view text);
};

/// An IPv4 or IPv6 address with its port.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  std::uint16_t port() const;
  std::string to_string() const;  ///< "127.0.0.1:4566", "[::1]:4566".

  /// Numeric hosts and "localhost" (127.0.0.1) only; never blocks. Another name: not_found.
  static Result<SocketAddress> from_numeric(const HostPort& address);
  /// Names too, by the system's resolver: blocks, so only on a worker. not_found: it knows none.
  static Result<SocketAddress> resolve(const HostPort& address);
  static SocketAddress local_of(int fd);
};

}  // namespace dyad
