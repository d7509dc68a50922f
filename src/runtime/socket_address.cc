#include "runtime/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace dyad {
namespace {

Result<SocketAddress> look_up(const HostPort& address, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int code = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) {
    return fail(ErrorCode::not_found, "host \"" + address.host + "\": " + ::gai_strerror(code));
  }
  SocketAddress result;
  std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
  result.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return result;
}

}  // namespace

Result<HostPort> HostPort::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::invalid_argument,
                "address \"" + std::string(text) + "\": " + std::string(why));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return refuse("expected HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return refuse("an IPv6 address needs brackets");
  }
  if (host.empty()) return refuse("the host is missing");
  if (host.find('\0') != host.npos) return refuse("the host has a zero byte");

  HostPort result;
  result.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return refuse("the port must be a number from 0 to 65535");
  }
  return result;
}

std::uint16_t SocketAddress::port() const {
  if (storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

std::string SocketAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  const std::string port_text = std::to_string(port());
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + port_text;
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
  ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return std::string(text) + ":" + port_text;
}

Result<SocketAddress> SocketAddress::from_numeric(const HostPort& address) {
  if (address.host == "localhost") return look_up({"127.0.0.1", address.port}, AI_NUMERICHOST);
  return look_up(address, AI_NUMERICHOST);
}

Result<SocketAddress> SocketAddress::resolve(const HostPort& address) {
  return look_up(address, AI_ADDRCONFIG);
}

SocketAddress SocketAddress::local_of(int fd) {
  SocketAddress result;
  result.length = sizeof result.storage;
  if (::getsockname(fd, result.raw(), &result.length) != 0) result.length = 0;
  return result;
}

}  // namespace dyad
