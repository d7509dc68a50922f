#include "http/head_parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/control_bytes.h"

namespace dyad::http {
namespace {

enum CharClass : unsigned char { kToken = 1, kTarget = 2, kValue = 4, kHost = 8 };

constexpr std::array<unsigned char, 256> kClasses = [] {
  std::array<unsigned char, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] |= kToken | kHost;
  for (int c = 'a'; c <= 'z'; ++c) table[c] |= kToken | kHost;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] |= kToken | kHost;
  for (const unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] |= kToken;
  for (const unsigned char c : std::string_view("-._~%!$&'()*+;=:[]")) table[c] |= kHost;
  // A target is visible ASCII; a fragment is never sent.
  for (int c = 0x21; c <= 0x7e; ++c)
    if (c != '#') table[c] |= kTarget;
  // Values: visible characters, blanks, and bytes above ASCII, which S3 metadata may hold.
  for (int c = 0x20; c <= 0xff; ++c)
    if (c != 0x7f) table[c] |= kValue;
  table['\t'] |= kValue;
  return table;
}();

bool all_of_class(std::string_view text, CharClass wanted) {
  return std::ranges::all_of(
      text, [wanted](char c) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

constexpr HeadError bad(std::string_view reason) {
  return {400, reason};
}

/// Takes a line, without its CRLF, off `rest`. HeadScanner has seen to it that each LF follows a
/// CR.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) {
    const std::string_view line = rest;
    rest = {};
    return line;
  }
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

HeadError parse_headers(std::string_view rest, const HeadLimits& limits, std::vector<Header>& out) {
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) return rest.empty() ? HeadError{} : bad("bytes follow the empty line");
    if (line.front() == ' ' || line.front() == '\t')
      return bad("a header is folded over several lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header line has no colon");
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name)) return bad("a header name has a character that is not allowed");
    const std::string_view value = trimmed(line.substr(colon + 1));
    // A tab is one that may be there.
    if (has_control(value) && !all_of_class(value, kValue))
      return bad("a header value has a control character");
    if (out.size() >= limits.headers) return {431, "there are too many headers"};
    out.push_back({name, value});
  }
  return bad("the empty line after the headers is missing");
}

bool parse_length(std::string_view text, std::uint64_t& out) {
  // 18 digits cannot overflow, and no body is that long.
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

/// Comma-separated words of a header, as Connection has.
bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (crypto::same_header_name(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// Reads the headers that say where the message ends and whether another may follow.
HeadError read_framing(MessageHead& head) {
  const Header* length = nullptr;
  const Header* encoding = nullptr;
  head.keep_alive = head.minor_version >= 1;
  for (const Header& header : head.headers) {
    if (crypto::same_header_name(header.name, "content-length")) {
      if (length != nullptr) return bad("there are several Content-Length headers");
      length = &header;
    } else if (crypto::same_header_name(header.name, "transfer-encoding")) {
      if (encoding != nullptr) return bad("there are several Transfer-Encoding headers");
      encoding = &header;
    } else if (crypto::same_header_name(header.name, "connection")) {
      if (has_word(header.value, "close"))
        head.keep_alive = false;
      else if (head.minor_version == 0 && has_word(header.value, "keep-alive"))
        head.keep_alive = true;
    }
  }
  if (encoding != nullptr) {
    if (length != nullptr) return bad("there are both Content-Length and Transfer-Encoding");
    if (head.minor_version == 0) return bad("HTTP/1.0 has no Transfer-Encoding");
    if (!crypto::same_header_name(encoding->value, "chunked"))
      return bad("the only Transfer-Encoding served is chunked");
    head.framing = Framing::chunked;
  } else if (length != nullptr) {
    if (!parse_length(length->value, head.content_length))
      return bad("Content-Length is not a number");
    head.framing = Framing::length;
  }
  return {};
}

HeadError read_version(std::string_view version, MessageHead& head) {
  if (version == "HTTP/1.1")
    head.minor_version = 1;
  else if (version == "HTTP/1.0")
    head.minor_version = 0;
  else if (version.starts_with("HTTP/"))
    return {505, "the HTTP version is not served"};
  else
    return bad("the start line has no HTTP version");
  return {};
}

HeadError read_host(RequestHead& head) {
  const Header* host = nullptr;
  for (const Header& header : head.headers) {
    if (!crypto::same_header_name(header.name, "host")) continue;
    if (host != nullptr) return bad("there are several Host headers");
    host = &header;
  }
  if (host == nullptr)
    return head.minor_version == 0 ? HeadError{} : bad("the Host header is missing");
  if (host->value.empty() || !all_of_class(host->value, kHost))
    return bad("the Host header is malformed");
  head.host = host->value;
  return {};
}

/// Splits the target. "http://host/path", which is for proxies, must name the host that Host names.
HeadError read_target(RequestHead& head) {
  std::string_view target = head.target;
  constexpr std::string_view schemes[] = {"http://", "https://"};
  for (const std::string_view scheme : schemes) {
    if (!crypto::same_header_name(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (!crypto::same_header_name(target.substr(0, end), head.host))
      return bad("the request target and the Host header name different hosts");
    target.remove_prefix(end);
    break;
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  head.path = target.substr(0, question);
  head.query = target.substr(std::min(question + 1, target.size()));
  if (head.path.starts_with('/')) return {};
  if (head.path.empty() && target.data() != head.target.data()) {
    head.path = "/";
    return {};
  }
  if (head.target == "*" && head.method == "OPTIONS") return {};
  return bad("the request target is not a path");
}

HeadError read_expect(RequestHead& head) {
  const Header* expect = head.find("expect");
  if (expect == nullptr) return {};
  // Others are passed over, as S3 does; RFC 9110, 10.1.1, allows 417 but does not ask for it.
  if (!crypto::same_header_name(expect->value, "100-continue")) return {};
  // RFC 9110, 10.1.1: a 1.0 client's expectation is ignored.
  head.expects_continue = head.minor_version >= 1;
  return {};
}

HeadError read_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("the request line has not three parts");
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  if (!is_token(out.method)) return bad("the method has a character that is not allowed");
  if (out.target.size() > limits.target_bytes) return {414, "the request target is too long"};
  if (out.target.empty() || !all_of_class(out.target, kTarget))
    return bad("the request target has a character that is not allowed");
  return read_version(line.substr(last + 1), out);
}

void clear(MessageHead& head) {
  head.headers.clear();
  head.framing = Framing::none;
  head.content_length = 0;
}

}  // namespace

std::size_t MessageHead::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(headers, [name](const Header& header) {
    return crypto::same_header_name(header.name, name);
  }));
}

bool is_token(std::string_view text) {
  return !text.empty() && all_of_class(text, kToken);
}

HeadScanner::Found HeadScanner::scan(std::string_view bytes, const HeadLimits& limits) {
  while (scanned_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    if (found == nullptr) {
      scanned_ = bytes.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == line_start_ || bytes[at - 1] != '\r')
      return {0, bad("a line does not end with CR LF")};
    scanned_ = at + 1;
    if (scanned_ > limits.head_bytes) break;
    if (at == line_start_ + 1) return {scanned_, {}};
    line_start_ = scanned_;
  }
  if (scanned_ > limits.head_bytes) return {0, {431, "the head is too long"}};
  return {};
}

HeadError parse_request_head(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  clear(out);
  out.host = {};
  out.expects_continue = false;
  std::string_view rest = head;
  if (const HeadError error = read_request_line(take_line(rest), limits, out)) return error;
  if (const HeadError error = parse_headers(rest, limits, out.headers)) return error;
  if (const HeadError error = read_framing(out)) return error;
  if (const HeadError error = read_host(out)) return error;
  if (const HeadError error = read_target(out)) return error;
  return read_expect(out);
}

HeadError parse_response_head(std::string_view head, const HeadLimits& limits, bool to_head_request,
                              ResponseHead& out) {
  clear(out);
  std::string_view rest = head;
  const std::string_view line = take_line(rest);
  if (const HeadError error = read_version(line.substr(0, line.find(' ')), out)) return error;
  const std::string_view code = line.substr(std::min<std::size_t>(9, line.size()), 3);
  std::uint64_t status = 0;
  if (code.size() != 3 || !parse_length(code, status) || status < 100)
    return bad("the status is not a number");
  out.status = static_cast<int>(status);
  out.reason = line.substr(std::min<std::size_t>(13, line.size()));
  if (const HeadError error = parse_headers(rest, limits, out.headers)) return error;
  if (const HeadError error = read_framing(out)) return error;
  if (to_head_request || status < 200 || status == 204 || status == 304)
    out.framing = Framing::none;
  else if (out.framing == Framing::none)
    out.framing = Framing::until_close;
  if (out.framing == Framing::until_close) out.keep_alive = false;
  return {};
}

}  // namespace dyad::http
