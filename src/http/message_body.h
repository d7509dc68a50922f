#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "http/body.h"
#include "http/buffered_input.h"
#include "http/message.h"
#include "http/pace.h"

namespace dyad::http {

/// The body of the message whose head was read last from a connection, for servers and clients
/// alike. Trailers of a chunked body are read and dropped: nothing of AWS's protocols sends any.
class MessageBody final : public BodyReader {
 public:
  static constexpr std::size_t kMaxChunkLineBytes = 1024;
  static constexpr std::size_t kMaxTrailerBytes = 8 * 1024;

  MessageBody(Stream& stream, BufferedInput& input, const Clock& clock, const PaceLimits& pace)
      : stream_(stream), input_(input), pace_(clock, pace) {}

  /// A new message. `send_continue`: its sender waits for "100 Continue", which the first read
  /// sends; a body of length 0 is to be read, too.
  void begin(const MessageHead& head, bool send_continue);

  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override;

  bool at_end() const { return state_ == State::ended; }
  bool failed() const { return state_ == State::failed; }
  bool awaits_continue() const { return send_continue_; }
  /// Whether certainly more than this is still to come.
  bool has_more_than(std::uint64_t bytes) const;

 private:
  enum class State : std::uint8_t { data, chunk_head, chunk_end, trailer, ended, failed };

  Task<Result<std::size_t>> read_data(std::span<char> out);
  Task<Result<>> read_chunk_head();
  Task<Result<>> read_chunk_end();
  Task<Result<>> read_trailer();
  /// A line without its CR LF, which stays in the input until consumed with `line_bytes` + 2.
  Task<Result<std::string_view>> wait_for_line(std::size_t limit_bytes);
  Task<Result<>> fill();
  std::unexpected<Error> failure(ErrorCode code, const char* message);

  Stream& stream_;
  BufferedInput& input_;
  Pace pace_;
  Framing framing_ = Framing::none;
  State state_ = State::ended;
  bool send_continue_ = false;
  std::uint64_t length_ = 0;
  std::uint64_t left_ = 0;  ///< Of the body, or of the chunk.
};

}  // namespace dyad::http
