#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/request_view.h"

namespace dyad::http {

/// One header line, name and value as views. The type is the signature floor's, so that a head's
/// headers can be handed to it as they are.
using Header = crypto::HeaderView;

/// How the length of a body is told (RFC 9112, section 6).
enum class Framing : std::uint8_t {
  none,
  length,      ///< Content-Length.
  chunked,     ///< Transfer-Encoding: chunked.
  until_close  ///< Responses only.
};

/// What requests and responses share. All views point into the buffer that was parsed.
struct MessageHead {
  int minor_version = 1;  ///< Of HTTP/1.x.
  std::vector<Header> headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  ///< With Framing::length.
  bool keep_alive = true;

  /// The first of that name, compared without regard to case; null: there is none.
  const Header* find(std::string_view name) const { return crypto::find_header(headers, name); }
  /// Its value; empty: there is none.
  std::string_view value(std::string_view name) const {
    const Header* header = find(name);
    return header == nullptr ? std::string_view{} : header->value;
  }
  std::size_t count(std::string_view name) const;
};

struct RequestHead : MessageHead {
  std::string_view method;
  std::string_view target;  ///< "/bucket/key?list-type=2", or "*" with OPTIONS.
  std::string_view path;    ///< Still percent-encoded.
  std::string_view query;   ///< The same, without the question mark.
  std::string_view host;
  bool expects_continue = false;

  crypto::RequestView signing_view() const { return {method, path, query, headers}; }
};

struct ResponseHead : MessageHead {
  int status = 0;
  std::string_view reason;
};

}  // namespace dyad::http
