#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/buffered_input.h"
#include "http/head_parser.h"
#include "http/message_body.h"
#include "runtime/stream.h"

namespace dyad::http {

/// One client connection: one exchange at a time, the answer's body read to its end before the
/// next. For the command line, the load generator and tests.
class Client {
 public:
  static constexpr std::int64_t kAnswerTimeoutMs = 60'000;

  Client(std::unique_ptr<Stream> stream, const Clock& clock, PaceLimits pace = {});

  struct RequestLine {
    std::string_view method;
    std::string_view target;
  };
  /// Head and body in one write. Adds Content-Length (not to a bodiless GET, HEAD or DELETE),
  /// nothing else: Host is among `headers`.
  Task<Result<>> send(RequestLine line, std::span<const Header> headers, std::string_view body);
  /// The head alone, then write() so many bytes as `headers` announce.
  Task<Result<>> send_head(RequestLine line, std::span<const Header> headers);
  Task<Result<>> write(std::string_view bytes);

  /// The answer's head, valid until the next exchange; 100 Continue and its like are skipped.
  /// cancelled: the server closed the connection.
  Task<Result<const ResponseHead*>> receive();
  /// Of the answer received last.
  BodyReader& body() { return body_; }

  /// Whether another exchange may follow, once the body is at its end.
  bool reusable() const { return head_.keep_alive && body_.at_end(); }
  Stream& stream() { return *stream_; }

 private:
  void build_head(RequestLine line, std::span<const Header> headers);
  Task<Result<>> receive_one();

  std::unique_ptr<Stream> stream_;
  const Clock& clock_;
  HeadLimits limits_;
  BufferedInput input_;
  MessageBody body_;
  Pace pace_;
  std::string out_;
  std::string head_text_;
  ResponseHead head_;
  bool to_head_ = false;
};

}  // namespace dyad::http
