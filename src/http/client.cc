#include "http/client.h"

namespace dyad::http {

Client::Client(std::unique_ptr<Stream> stream, const Clock& clock, PaceLimits pace)
    : stream_(std::move(stream)),
      clock_(clock),
      input_(*stream_, limits_.head_bytes * 2),
      body_(*stream_, input_, clock, pace),
      pace_(clock, pace) {}

void Client::build_head(RequestLine line, std::span<const Header> headers) {
  out_.clear();
  out_.append(line.method).append(" ").append(line.target).append(" HTTP/1.1\r\n");
  for (const Header& header : headers)
    out_.append(header.name).append(": ").append(header.value).append("\r\n");
  to_head_ = line.method == "HEAD";
}

Task<Result<>> Client::send(RequestLine line, std::span<const Header> headers,
                            std::string_view body) {
  build_head(line, headers);
  const bool bodiless = line.method == "GET" || line.method == "HEAD" || line.method == "DELETE";
  if (!body.empty() || !bodiless)
    out_.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  out_.append("\r\n");
  const std::string_view pieces[] = {out_, body};
  const std::span<const std::string_view> all(pieces, body.empty() ? 1 : 2);
  co_return co_await stream_->write(all, pace_.for_write(out_.size() + body.size()));
}

Task<Result<>> Client::send_head(RequestLine line, std::span<const Header> headers) {
  build_head(line, headers);
  out_.append("\r\n");
  co_return co_await write(out_);
}

Task<Result<>> Client::write(std::string_view bytes) {
  const std::string_view pieces[] = {bytes};
  co_return co_await stream_->write(pieces, pace_.for_write(bytes.size()));
}

Task<Result<const ResponseHead*>> Client::receive() {
  do {
    DYAD_CO_TRY(co_await receive_one());
  } while (head_.status >= 100 && head_.status < 200 && head_.status != 101);
  body_.begin(head_, false);
  co_return &head_;
}

Task<Result<>> Client::receive_one() {
  HeadScanner scanner;
  const Deadline deadline = Deadline::after_ms(clock_, kAnswerTimeoutMs);
  for (;;) {
    const HeadScanner::Found found = scanner.scan(input_.buffered(), limits_);
    HeadError error = found.error;
    if (!error && found.head_bytes > 0) {
      head_text_.assign(input_.buffered().substr(0, found.head_bytes));
      input_.consume(found.head_bytes);
      error = parse_response_head(head_text_, limits_, to_head_, head_);
      if (!error) co_return Result<>{};
    }
    if (error)
      co_return fail(ErrorCode::invalid_argument, "malformed answer: " + std::string(error.reason));
    DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await input_.fill(deadline));
    if (count == 0) co_return fail(ErrorCode::cancelled, "the server closed the connection");
  }
}

}  // namespace dyad::http
