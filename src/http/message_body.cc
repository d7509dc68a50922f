#include "http/message_body.h"

#include <algorithm>

namespace dyad::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// RFC 9112's chunk-size, strictly: 1 to 15 hexadecimal digits, then nothing or ";extension".
bool parse_chunk_size(std::string_view line, std::uint64_t& size) {
  const std::size_t digits = std::min(line.find(';'), line.size());
  if (digits == 0 || digits > 15) return false;
  size = 0;
  for (const char c : line.substr(0, digits)) {
    std::uint64_t value = 0;
    if (c >= '0' && c <= '9')
      value = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = static_cast<std::uint64_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value = static_cast<std::uint64_t>(c - 'A' + 10);
    else
      return false;
    size = size << 4 | value;
  }
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  return std::ranges::all_of(line.substr(digits), is_plain);
}

}  // namespace

void MessageBody::begin(const MessageHead& head, bool send_continue) {
  framing_ = head.framing;
  length_ = left_ = head.framing == Framing::length ? head.content_length : 0;
  switch (framing_) {
    case Framing::none:
      state_ = State::ended;
      break;
    case Framing::length:
      state_ = left_ == 0 ? State::ended : State::data;
      break;
    case Framing::chunked:
      state_ = State::chunk_head;
      break;
    case Framing::until_close:
      state_ = State::data;
      break;
  }
  // Also for a body that is told to be empty: RFC 9110, 10.1.1 leaves that open, and clients of AWS
  // (botocore in AWS CLI 1) take the next answer of a connection for the rest of one that came
  // without.
  send_continue_ = send_continue && framing_ != Framing::none;
  pace_.restart();
}

std::optional<std::uint64_t> MessageBody::length() const {
  if (framing_ == Framing::none || framing_ == Framing::length) return length_;
  return std::nullopt;
}

bool MessageBody::has_more_than(std::uint64_t bytes) const {
  return framing_ == Framing::length && state_ == State::data && left_ > bytes;
}

std::unexpected<Error> MessageBody::failure(ErrorCode code, const char* message) {
  state_ = State::failed;
  return fail(code, message);
}

Task<Result<std::size_t>> MessageBody::read(std::span<char> out) {
  if (send_continue_) {
    send_continue_ = false;
    const std::string_view pieces[] = {kContinue};
    const Result<> sent = co_await stream_.write(pieces, pace_.for_write(kContinue.size()));
    if (!sent) co_return failure(ErrorCode::cancelled, "the connection broke before the body");
  }
  for (;;) {
    switch (state_) {
      case State::ended:
        co_return std::size_t{0};
      case State::failed:
        co_return fail(ErrorCode::cancelled, "the body has failed before");
      case State::data:
        co_return co_await read_data(out);
      case State::chunk_head: {
        DYAD_CO_TRY(co_await read_chunk_head());
        break;
      }
      case State::chunk_end: {
        DYAD_CO_TRY(co_await read_chunk_end());
        break;
      }
      case State::trailer: {
        DYAD_CO_TRY(co_await read_trailer());
        break;
      }
    }
  }
}

Task<Result<std::size_t>> MessageBody::read_data(std::span<char> out) {
  if (framing_ != Framing::until_close && out.size() > left_)
    out = out.first(static_cast<std::size_t>(left_));
  std::size_t count = input_.take(out);
  if (count == 0) {
    // Straight into the reader's memory.
    const Deadline deadline = pace_.start_wait();
    const Result<std::size_t> came = co_await stream_.read(out, deadline);
    if (!came) {
      state_ = State::failed;
      co_return fail(came.error());
    }
    count = *came;
    pace_.end_wait(count);
  }
  if (framing_ == Framing::until_close) {
    if (count == 0) state_ = State::ended;
    co_return count;
  }
  if (count == 0)
    co_return failure(ErrorCode::cancelled, "the body ended before its announced length");
  left_ -= count;
  if (left_ == 0) state_ = framing_ == Framing::chunked ? State::chunk_end : State::ended;
  co_return count;
}

Task<Result<>> MessageBody::fill() {
  const Deadline deadline = pace_.start_wait();
  const Result<std::size_t> came = co_await input_.fill(deadline);
  if (!came) {
    state_ = State::failed;
    co_return fail(came.error());
  }
  if (*came == 0)
    co_return failure(ErrorCode::cancelled, "the body ended inside its chunk framing");
  pace_.end_wait(*came);
  co_return Result<>{};
}

Task<Result<std::string_view>> MessageBody::wait_for_line(std::size_t limit_bytes) {
  std::size_t scanned = 0;
  for (;;) {
    const std::string_view bytes = input_.buffered();
    const std::size_t end = bytes.find('\n', scanned);
    if (end != std::string_view::npos && end < limit_bytes) {
      if (end == 0 || bytes[end - 1] != '\r')
        co_return failure(ErrorCode::invalid_argument,
                          "a line of the chunk framing does not end with CR LF");
      co_return bytes.substr(0, end - 1);
    }
    if (bytes.size() >= limit_bytes)
      co_return failure(ErrorCode::invalid_argument, "a line of the chunk framing is too long");
    scanned = bytes.size();
    DYAD_CO_TRY(co_await fill());
  }
}

Task<Result<>> MessageBody::read_chunk_head() {
  DYAD_CO_TRY_ASSIGN(const std::string_view line, co_await wait_for_line(kMaxChunkLineBytes));
  if (!parse_chunk_size(line, left_))
    co_return failure(ErrorCode::invalid_argument, "a chunk size is malformed");
  input_.consume(line.size() + 2);
  state_ = left_ == 0 ? State::trailer : State::data;
  co_return Result<>{};
}

Task<Result<>> MessageBody::read_chunk_end() {
  while (input_.buffered().size() < 2) DYAD_CO_TRY(co_await fill());
  if (!input_.buffered().starts_with("\r\n"))
    co_return failure(ErrorCode::invalid_argument, "a chunk is longer than its size says");
  input_.consume(2);
  state_ = State::chunk_head;
  co_return Result<>{};
}

Task<Result<>> MessageBody::read_trailer() {
  std::size_t seen = 0;
  for (;;) {
    DYAD_CO_TRY_ASSIGN(const std::string_view line,
                       co_await wait_for_line(kMaxTrailerBytes - seen));
    const std::size_t line_bytes = line.size() + 2;
    input_.consume(line_bytes);
    if (line_bytes == 2) break;
    seen += line_bytes;
    if (seen + 2 > kMaxTrailerBytes)
      co_return failure(ErrorCode::invalid_argument, "the trailer is too long");
  }
  state_ = State::ended;
  co_return Result<>{};
}

}  // namespace dyad::http
