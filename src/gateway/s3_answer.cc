#include "gateway/s3_answer.h"

#include <charconv>

#include "crypto/request_view.h"

namespace dyad::gateway {

void add_usual_s3_headers(Exchange& exchange) {
  exchange.response.add_header("x-amz-request-id", exchange.request_id);
  exchange.response.add_header("x-amz-id-2", kHostId);
  exchange.response.add_header("Server", "Dyad");
}

std::optional<std::uint64_t> begin_s3_answer(Exchange& exchange, std::uint16_t status,
                                             const protocol::RestResponse& rendered) {
  http::ResponseWriter& response = exchange.response;
  response.set_status(status);
  add_usual_s3_headers(exchange);
  exchange.add_cors_headers();
  std::optional<std::uint64_t> content_length;
  for (const auto& [name, value] : rendered.headers) {
    if (crypto::same_header_name(name, "content-length")) {
      std::uint64_t length = 0;
      std::from_chars(value.data(), value.data() + value.size(), length);
      content_length = length;
    } else {
      response.add_header(name, value);
    }
  }
  return content_length;
}

Result<> take_stream_memory(Exchange& exchange, std::optional<std::uint64_t> length) {
  // A short body is held twice: as it came, and as what becomes of it.
  std::uint64_t bytes = kStreamedBodyBytes;
  if (length && *length < kStreamedBodyBytes / 2) bytes = *length * 2;
  if (length && *length >= kLongBodyBytes) bytes = kLongStreamedBodyBytes;
  if (length && *length >= kGatheredBodyBytes) bytes += kGatheredBytes;
  return exchange.memory.add(static_cast<std::size_t>(bytes));
}

Task<Result<std::size_t>> TimedBody::read(std::span<char> out) {
  const Result<std::size_t> got = co_await body_.read(out);
  if (got && *got == 0 && !ended_) {
    ended_ = true;
    context_.deadline = exchange_.deadline();
  }
  co_return got;
}

}  // namespace dyad::gateway
