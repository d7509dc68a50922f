#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/body.h"
#include "http/message_body.h"
#include "http/pace.h"
#include "runtime/stream.h"

namespace dyad::http {

/// "OK" of 200; "Unknown" of what RFC 9110 does not name.
std::string_view reason_of(int status);

/// One answer. Headers first, in any order; then one of send(), send_from(), or begin(), write()...
/// and finish(). Date, Content-Length, Transfer-Encoding and Connection are added here: do not add
/// them. No body goes out in answer to HEAD, nor with 204 and 304, whatever is written. An error
/// means that the connection is gone; an answer begun and not finished closes it, so that nobody
/// takes it for whole.
class ResponseWriter {
 public:
  ResponseWriter(Stream& stream, const Clock& clock, const PaceLimits& pace)
      : stream_(stream), clock_(clock), pace_(clock, pace) {}

  void set_status(int status) { status_ = status; }
  int status() const { return status_; }
  /// A control character in the value (from stored metadata, or a response- override) becomes a
  /// blank: a value can never begin another header. `name` must be a token.
  void add_header(std::string_view name, std::string_view value);
  /// Forgets the status and the headers set so far; before the head is out only.
  void clear();
  /// The connection ends after this answer.
  void close_after() { close_ = true; }

  /// Head and body in one write.
  Task<Result<>> send(std::string_view body);
  Task<Result<>> send(std::span<const std::string_view> pieces);
  /// Pulls the body from `source`; Content-Length when it knows its length, chunked otherwise. What
  /// is in memory already goes out in one write with the head.
  Task<Result<>> send_from(BodyReader& source);

  /// The head, without waiting for a body. None: chunked (to a 1.0 client: until the connection
  /// closes). For HEAD: the length the body would have; finish() may follow at once.
  Task<Result<>> begin(std::optional<std::uint64_t> content_length);
  Task<Result<>> write(std::string_view bytes);
  Task<Result<>> finish();

  bool begun() const { return state_ != State::idle; }
  bool finished() const { return state_ == State::finished; }
  std::uint64_t body_bytes() const { return written_; }

  // For the connection:
  struct Context {
    bool to_head = false;
    int minor_version = 1;
    bool keep_alive = true;
    const MessageBody* request_body = nullptr;
    std::uint64_t drain_bytes = 0;
  };
  void begin_exchange(const Context& context);
  bool closes() const { return close_; }

 private:
  enum class State : std::uint8_t { idle, begun, finished };

  bool body_allowed() const {
    return !context_.to_head && status_ >= 200 && status_ != 204 && status_ != 304;
  }
  void build_head(std::optional<std::uint64_t> content_length);
  Task<Result<>> write_pieces(std::span<const std::string_view> pieces);

  Stream& stream_;
  const Clock& clock_;
  Pace pace_;
  Context context_;
  State state_ = State::idle;
  int status_ = 200;
  bool close_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> length_;
  std::uint64_t written_ = 0;
  std::string headers_;
  std::string head_;
  std::vector<std::string_view> pieces_;
  std::string date_line_;
  std::int64_t date_second_ = -1;
};

}  // namespace dyad::http
