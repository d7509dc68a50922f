// Answers as the client's side reads them, whole and in pieces.

#include <string>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "fuzz/run_now.h"
#include "http/client.h"

namespace dyad::fuzz {
namespace {

using namespace http;

constexpr std::size_t kMaxBodyBytes = 64 * 1024;
constexpr int kMaxExchanges = 4;

Task<std::string> receive(std::string_view bytes, std::size_t piece_bytes, bool to_head) {
  const StillClock clock;
  Client client(std::make_unique<GivenStream>(bytes, piece_bytes), clock);
  const std::vector<Header> headers{{"Host", "h"}};
  const Client::RequestLine line{to_head ? "HEAD" : "GET", "/"};
  std::string seen;
  for (int i = 0; i < kMaxExchanges; ++i) {
    const Result<> sent = co_await client.send(line, headers, "");
    DYAD_CHECK(sent.has_value());
    const Result<const ResponseHead*> head = co_await client.receive();
    if (!head) co_return seen + head.error().to_string();
    seen += std::to_string((*head)->status);
    for (const Header& header : (*head)->headers)
      seen.append(header.name).append(":").append(header.value).append("\n");
    const Result<std::string> body = co_await read_all(client.body(), kMaxBodyBytes);
    if (!body) co_return seen + body.error().to_string();
    seen += *body + "|";
    if (!client.reusable()) break;
  }
  co_return seen;
}

}  // namespace

void check(Input input) {
  const std::size_t piece_bytes = input.choice(10) + 1;
  const bool to_head = input.choice(2) == 1;
  const std::string whole = run_now(receive(input.rest(), SIZE_MAX, to_head));
  const std::string pieces = run_now(receive(input.rest(), piece_bytes, to_head));
  DYAD_CHECK(whole == pieces);
}

}  // namespace dyad::fuzz
