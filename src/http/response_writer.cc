#include "http/response_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "crypto/amz_date.h"
#include "http/control_bytes.h"

namespace dyad::http {
namespace {

constexpr std::size_t kPumpBytes = 128 * 1024;

}  // namespace

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void ResponseWriter::begin_exchange(const Context& context) {
  context_ = context;
  state_ = State::idle;
  close_ = !context.keep_alive;
  chunked_ = false;
  length_.reset();
  written_ = 0;
  clear();
}

void ResponseWriter::clear() {
  DYAD_CHECK(state_ == State::idle);
  status_ = 200;
  headers_.clear();
}

void ResponseWriter::add_header(std::string_view name, std::string_view value) {
  headers_.append(name).append(": ");
  const std::size_t start = headers_.size();
  headers_.append(value);
  if (has_control(value)) {
    const auto from = headers_.begin() + static_cast<std::ptrdiff_t>(start);
    std::replace_if(from, headers_.end(), is_control, ' ');
  }
  headers_.append("\r\n");
}

void ResponseWriter::build_head(std::optional<std::uint64_t> content_length) {
  DYAD_CHECK(state_ == State::idle);
  state_ = State::begun;
  length_ = content_length;
  // A body that is not worth reading to its end, or that its sender holds back, ends the
  // connection.
  const MessageBody* body = context_.request_body;
  if (body != nullptr &&
      (body->failed() || body->awaits_continue() || body->has_more_than(context_.drain_bytes)))
    close_ = true;
  chunked_ = !content_length && body_allowed() && context_.minor_version >= 1;
  if (!content_length && !chunked_ && body_allowed()) close_ = true;

  const std::int64_t now_ms = clock_.wall_ms();
  if (now_ms / 1000 != date_second_) {
    date_second_ = now_ms / 1000;
    date_line_ = "Date: " + crypto::to_http_date(now_ms) + "\r\n";
  }
  head_.clear();
  head_.append("HTTP/1.1 ").append(fmt::format_int(status_).c_str()).append(" ");
  head_.append(reason_of(status_)).append("\r\n").append(date_line_).append(headers_);
  // RFC 9110, 8.6: not with 204.
  if (content_length && status_ >= 200 && status_ != 204)
    head_.append("Content-Length: ")
        .append(fmt::format_int(*content_length).c_str())
        .append("\r\n");
  if (chunked_) head_.append("Transfer-Encoding: chunked\r\n");
  if (close_)
    head_.append("Connection: close\r\n");
  else if (context_.minor_version == 0)
    head_.append("Connection: keep-alive\r\n");
  head_.append("\r\n");
}

Task<Result<>> ResponseWriter::write_pieces(std::span<const std::string_view> pieces) {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  co_return co_await stream_.write(pieces, pace_.for_write(bytes));
}

Task<Result<>> ResponseWriter::send(std::string_view body) {
  const std::string_view pieces[] = {body};
  co_return co_await send(std::span<const std::string_view>(pieces));
}

Task<Result<>> ResponseWriter::send(std::span<const std::string_view> pieces) {
  std::uint64_t length = 0;
  for (const std::string_view piece : pieces) length += piece.size();
  // 304 would announce the length of what it does not send.
  build_head(status_ == 304 ? std::nullopt : std::optional(length));
  pieces_.assign(1, head_);
  if (body_allowed()) {
    std::ranges::copy_if(pieces, std::back_inserter(pieces_),
                         [](std::string_view p) { return !p.empty(); });
    written_ = length;
  }
  DYAD_CO_TRY(co_await write_pieces(pieces_));
  state_ = State::finished;
  co_return Result<>{};
}

Task<Result<>> ResponseWriter::begin(std::optional<std::uint64_t> content_length) {
  build_head(content_length);
  const std::string_view pieces[] = {head_};
  co_return co_await write_pieces(pieces);
}

Task<Result<>> ResponseWriter::write(std::string_view bytes) {
  DYAD_CHECK(state_ == State::begun);
  if (bytes.empty() || !body_allowed()) co_return Result<>{};
  written_ += bytes.size();
  // More than was announced would be read as the next answer.
  DYAD_CHECK(!length_ || written_ <= *length_);
  if (!chunked_) {
    const std::string_view pieces[] = {bytes};
    co_return co_await write_pieces(pieces);
  }
  const std::string size = fmt::format("{:x}\r\n", bytes.size());
  const std::string_view pieces[] = {size, bytes, "\r\n"};
  co_return co_await write_pieces(pieces);
}

Task<Result<>> ResponseWriter::finish() {
  DYAD_CHECK(state_ == State::begun);
  if (length_ && body_allowed() && written_ != *length_)
    co_return fail(ErrorCode::cancelled, "the answer is shorter than announced");
  if (chunked_) {
    const std::string_view pieces[] = {"0\r\n\r\n"};
    DYAD_CO_TRY(co_await write_pieces(pieces));
  }
  state_ = State::finished;
  co_return Result<>{};
}

Task<Result<>> ResponseWriter::send_from(BodyReader& source) {
  if (const std::optional<std::string_view> whole = source.in_memory())
    co_return co_await send(*whole);
  DYAD_CO_TRY(co_await begin(source.length()));
  if (body_allowed()) {
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPumpBytes);
    for (;;) {
      const std::span<char> room(buffer.get(), kPumpBytes);
      DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await source.read(room));
      if (count == 0) break;
      const std::string_view bytes(buffer.get(), count);
      DYAD_CO_TRY(co_await write(bytes));
    }
  }
  co_return co_await finish();
}

}  // namespace dyad::http
