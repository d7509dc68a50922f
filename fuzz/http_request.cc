// Requests on one connection, as many as the bytes hold: heads, framing, what is read and what is
// drained. However the bytes arrive, the handler sees the same requests; and a head that parses and
// is written out parses as the same head.

#include <memory>
#include <string>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "fuzz/run_now.h"
#include "http/connection.h"

namespace dyad::fuzz {
namespace {

using namespace http;

constexpr std::size_t kMaxBodyBytes = 64 * 1024;

/// Small, so that inputs reach them.
ConnectionOptions small_limits() {
  ConnectionOptions options;
  options.head.head_bytes = 2048;
  options.head.target_bytes = 256;
  options.head.headers = 20;
  options.drain_bytes = 64;
  return options;
}

std::string written_out(const RequestHead& head) {
  std::string text;
  text.append(head.method).append(" ").append(head.target);
  text.append(head.minor_version == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (const Header& header : head.headers)
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  return text + "\r\n";
}

bool same_head(const RequestHead& a, const RequestHead& b) {
  return written_out(a) == written_out(b) && a.path == b.path && a.query == b.query &&
         a.host == b.host && a.framing == b.framing && a.content_length == b.content_length &&
         a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue;
}

void check_written_head(const RequestHead& head) {
  HeadLimits wide;
  const std::string text = written_out(head);
  HeadScanner scanner;
  const HeadScanner::Found found = scanner.scan(text, wide);
  DYAD_CHECK(!found.error && found.head_bytes == text.size());
  RequestHead again;
  DYAD_CHECK(!parse_request_head(text, wide, again));
  DYAD_CHECK(same_head(head, again));
}

/// PUT reads the whole body, POST its first bytes, others none of it.
class Observer final : public Handler {
 public:
  Task<void> handle(Request& request, ResponseWriter& response) override {
    check_written_head(request.head);
    std::string note = written_out(request.head);
    arrival_matters = arrival_matters || request.head.expects_continue;
    if (request.head.method == "PUT") {
      const Result<std::string> body = co_await read_all(request.body, kMaxBodyBytes);
      note += body ? *body : body.error().to_string();
    } else if (request.head.method == "POST") {
      char first[1];
      const Result<std::size_t> count = co_await request.body.read(first);
      if (count) note.append(first, *count);
    }
    seen.push_back(std::move(note));
    const Result<> sent = co_await response.send("ok");
    (void)sent;
  }

  std::vector<std::string> seen;
  /// Whether a client waits for "100 Continue" is told by what has come: then the pieces decide.
  bool arrival_matters = false;
};

Observer observe(std::string_view bytes, std::size_t piece_bytes) {
  const StillClock clock;
  const ConnectionOptions options = small_limits();
  MemoryBudget all_heads(1u << 20);
  LocalBudget head_memory(all_heads);
  Observer observer;
  Connection connection(std::make_unique<GivenStream>(bytes, piece_bytes), observer, clock, options,
                        head_memory);
  run_now(connection.run());
  return observer;
}

}  // namespace

void check(Input input) {
  const std::size_t piece_bytes = input.choice(10) + 1;
  const Observer whole = observe(input.rest(), SIZE_MAX);
  const Observer pieces = observe(input.rest(), piece_bytes);
  DYAD_CHECK(whole.arrival_matters || pieces.arrival_matters || whole.seen == pieces.seen);
}

}  // namespace dyad::fuzz
