#include "client/endpoint.h"

#include "runtime/socket_address.h"

namespace dyad::client {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kSecure = "https://";

std::uint16_t own_port(bool secure) {
  return secure ? 443 : 80;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool fit_for_host(std::string_view host) {
  return !host.empty() && host.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                              "XYZ0123456789-._:[]") == std::string_view::npos;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  const auto refused = [&](const char* why) {
    return fail(ErrorCode::invalid_argument, "endpoint '" + std::string(url) + "': " + why +
                                                 "; expected something like http://127.0.0.1:4566");
  };
  Endpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with(kSecure)) {
    endpoint.secure = true;
    rest.remove_prefix(kSecure.size());
  } else if (rest.starts_with(kPlain)) {
    rest.remove_prefix(kPlain.size());
  } else {
    return refused("it begins with neither http:// nor https://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!fit_for_host(rest)) return refused("it is no host and port");
  const std::size_t colon = rest.find_last_of(':');
  const std::size_t bracket = rest.find_last_of(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::string text(rest);
  if (!has_port) text += ":" + std::to_string(own_port(endpoint.secure));
  Result<HostPort> parsed = HostPort::parse(text);
  if (!parsed || parsed->host.empty() || parsed->port == 0)
    return refused("it is no host and port");
  endpoint.host = std::move(parsed->host);
  endpoint.port = parsed->port;
  return endpoint;
}

std::string Endpoint::address() const {
  return bracketed(host) + ":" + std::to_string(port);
}

std::string Endpoint::authority() const {
  return port == own_port(secure) ? bracketed(host) : address();
}

std::string Endpoint::url() const {
  return std::string(secure ? kSecure : kPlain) + authority();
}

}  // namespace dyad::client
