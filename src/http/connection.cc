#include "http/connection.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace dyad::http {
namespace {

// Empty lines before a request line, which RFC 9112, 2.2 wants ignored.
constexpr int kMaxLeadingEmptyLines = 2;
// Beyond a head: what was sent ahead of its turn.
constexpr std::size_t kReadAheadBytes = 16 * 1024;
// What an idle connection keeps of the last head; a larger one gives its memory back.
constexpr std::size_t kKeptHeadBytes = 4 * 1024;
constexpr std::size_t kKeptHeaders = 64;
// Small heads need none of it: those who send them are served on.
constexpr HeadError kNoHeadMemory{503, "Too many large request heads at a time. Try again."};

}  // namespace

std::string Handler::describe(HeadError error, ResponseWriter& response) {
  response.add_header("Content-Type", "text/plain");
  return std::string(error.reason) + "\n";
}

Connection::Connection(std::unique_ptr<Stream> stream, Handler& handler, const Clock& clock,
                       const ConnectionOptions& options, LocalBudget& head_memory)
    : stream_(std::move(stream)),
      handler_(handler),
      clock_(clock),
      options_(options),
      memory_(head_memory),
      input_(*stream_, options.head.head_bytes + kReadAheadBytes, &memory_),
      body_(*stream_, input_, clock, options.pace),
      response_(*stream_, clock, options.pace) {}

void Connection::stop() {
  stopping_ = true;
  if (idle_) stream_->abort();
}

Task<void> Connection::run() {
  while (!stopping_) {
    const Next next = co_await read_head();
    if (next == Next::gone) co_return;
    if (next == Next::refused) break;
    const bool more = co_await serve();
    if (!more) break;
  }
  co_await linger();
}

void Connection::give_back_memory() {
  input_.shrink();
  if (head_text_.capacity() > kKeptHeadBytes) std::string().swap(head_text_);
  if (head_.headers.capacity() > kKeptHeaders) std::vector<Header>().swap(head_.headers);
  memory_.give_back(std::exchange(head_memory_bytes_, 0));
}

HeadError Connection::take_head(std::size_t head_bytes) {
  const bool large = head_bytes > kKeptHeadBytes;
  if (large) {
    const Result<> taken = memory_.add(head_bytes);
    if (!taken) return kNoHeadMemory;
    head_memory_bytes_ = head_bytes;
  }
  head_text_.assign(input_.buffered().substr(0, head_bytes));
  input_.consume(head_bytes);
  if (large) input_.shrink();
  const HeadError error = parse_request_head(head_text_, options_.head, head_);
  if (error || head_.headers.capacity() <= kKeptHeaders) return error;
  const std::size_t headers_bytes = head_.headers.capacity() * sizeof(Header);
  const Result<> taken = memory_.add(headers_bytes);
  if (!taken) return kNoHeadMemory;
  head_memory_bytes_ += headers_bytes;
  return {};
}

Task<Connection::Next> Connection::read_head() {
  scanner_.reset();
  give_back_memory();
  int empty_lines = 0;
  bool begun = false;
  Deadline deadline = Deadline::after_ms(clock_, options_.idle_timeout_ms);
  for (;;) {
    while (input_.buffered().starts_with("\r\n") && empty_lines < kMaxLeadingEmptyLines) {
      input_.consume(2);
      ++empty_lines;
      scanner_.reset();
    }
    const std::string_view bytes = input_.buffered();
    if (!bytes.empty() && !begun) {
      begun = true;
      deadline = Deadline::after_ms(clock_, options_.head_timeout_ms);
    }
    // A lone CR may become an empty line; the scanner must not see half of it.
    if (bytes != "\r") {
      const HeadScanner::Found found = scanner_.scan(bytes, options_.head);
      HeadError error = found.error;
      if (!error && found.head_bytes > 0) {
        error = take_head(found.head_bytes);
        if (!error) co_return Next::request;
      }
      if (error) {
        co_await refuse(error);
        co_return Next::refused;
      }
    }
    idle_ = !begun;
    const Result<std::size_t> came = co_await input_.fill(deadline);
    idle_ = false;
    if (!came && came.error().code == ErrorCode::overloaded) {
      co_await refuse(kNoHeadMemory);
      co_return Next::refused;
    }
    // A client that goes away or falls asleep in the middle of a head gets no answer.
    if (!came || *came == 0) co_return Next::gone;
  }
}

Task<void> Connection::refuse(HeadError error) {
  ResponseWriter::Context context;
  context.keep_alive = false;
  response_.begin_exchange(context);
  response_.set_status(error.status);
  const std::string text = handler_.describe(error, response_);
  const Result<> sent = co_await response_.send(text);
  if (!sent) stream_->abort();
}

Task<bool> Connection::serve() {
  body_.begin(head_, head_.expects_continue && input_.buffered().empty());
  ResponseWriter::Context context;
  context.to_head = head_.method == "HEAD";
  context.minor_version = head_.minor_version;
  context.keep_alive = head_.keep_alive && !stopping_;
  context.request_body = &body_;
  context.drain_bytes = options_.drain_bytes;
  response_.begin_exchange(context);

  Request request{head_, body_, *stream_};
  co_await handler_.handle(request, response_);
  co_return co_await finish_exchange();
}

Task<bool> Connection::finish_exchange() {
  if (!response_.begun()) {
    log::error("request left unanswered", "method={} target={}", head_.method, head_.target);
    response_.clear();
    response_.set_status(500);
    response_.close_after();
    const Result<> sent = co_await response_.send("");
    if (!sent) co_return false;
  }
  if (!response_.finished()) {
    // Its client must not take what there is for the whole.
    stream_->abort();
    co_return false;
  }
  if (response_.closes() || stopping_ || body_.failed()) co_return false;
  if (body_.at_end()) co_return true;
  if (body_.awaits_continue()) co_return false;
  co_return co_await discard(body_, options_.drain_bytes);
}

Task<void> Connection::linger() {
  const Deadline deadline = Deadline::after_ms(clock_, options_.linger_ms);
  const Result<> shut = co_await stream_->shutdown(deadline);
  if (!shut) co_return;
  if (body_.at_end() && input_.buffered().empty()) co_return;
  std::uint64_t swallowed = 0;
  while (swallowed < options_.linger_bytes) {
    input_.consume(input_.buffered().size());
    const Result<std::size_t> came = co_await input_.fill(deadline);
    if (!came || *came == 0) co_return;
    swallowed += *came;
  }
}

}  // namespace dyad::http
