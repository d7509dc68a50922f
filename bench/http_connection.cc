#include "http_connection.h"

#include <algorithm>

#include "runtime/connect.h"

namespace dyad::bench {
namespace {

constexpr std::int64_t kConnectTimeoutMs = 10'000;
/// Larger answers are no answers of these workloads.
constexpr std::size_t kMaxAnswerBytes = 1u << 20;
constexpr std::size_t kFirstAnswerBytes = 8192;
constexpr std::size_t kLongReadBytes = 256 * 1024;

RequestSigner::Form with_place(RequestSigner::Form form, const Target& target) {
  form.host = target.address;
  form.region = target.region;
  return form;
}

Task<Result<>> read_body(http::BodyReader& body, HttpAnswer& answer) {
  answer.body_bytes = 0;
  for (;;) {
    if (answer.body_bytes == answer.buffer.size())
      answer.buffer.resize(std::max(kFirstAnswerBytes, answer.buffer.size() * 2));
    const std::span<char> rest(answer.buffer.data() + answer.body_bytes,
                               answer.buffer.size() - answer.body_bytes);
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await body.read(rest));
    if (got == 0) co_return Result<>();
    answer.body_bytes += got;
    if (answer.body_bytes > kMaxAnswerBytes)
      co_return fail(ErrorCode::too_large, "the answer is larger than any that was asked for");
  }
}

}  // namespace

HttpConnection::HttpConnection(std::unique_ptr<Stream> stream, const Clock& clock,
                               const Target& target, RequestSigner::Form form)
    : clock_(clock),
      signer_(target.credentials, with_place(std::move(form), target)),
      client_(std::move(stream), clock) {}

Task<Result<std::unique_ptr<HttpConnection>>> HttpConnection::open(Reactor& reactor, Target target,
                                                                   RequestSigner::Form form) {
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<Stream> stream,
                     co_await connect(reactor, target.address, ConnectOptions(),
                                      Deadline::after_ms(reactor.clock(), kConnectTimeoutMs)));
  co_return std::make_unique<HttpConnection>(std::move(stream), reactor.clock(), target,
                                             std::move(form));
}

Task<Result<>> HttpConnection::send_and_receive(const HttpRequest& request, HttpAnswer& answer) {
  const std::string_view content = request.content();
  const std::int64_t now_ms = clock_.wall_ms();
  const std::span<const http::Header> headers =
      request.payload_hash.empty()
          ? signer_.sign(request.method, request.target, content, now_ms)
          : signer_.sign_hashed(request.method, request.target, request.payload_hash, now_ms);
  const http::Client::RequestLine line{request.method, request.target};
  DYAD_CO_TRY(co_await client_.send(line, headers, content));
  DYAD_CO_TRY_ASSIGN(const http::ResponseHead* head, co_await client_.receive());
  answer.status = head->status;
  answer.etag.assign(head->value("etag"));
  co_return Result<>();
}

Task<Result<>> HttpConnection::exchange(const HttpRequest& request, HttpAnswer& answer) {
  DYAD_CO_TRY(co_await send_and_receive(request, answer));
  DYAD_CO_TRY(co_await read_body(client_.body(), answer));
  if (!client_.reusable()) co_return fail(unexpected_answer(answer.status, answer.body()));
  co_return Result<>();
}

Task<Result<std::uint64_t>> HttpConnection::exchange_long(const HttpRequest& request,
                                                          HttpAnswer& answer) {
  DYAD_CO_TRY(co_await send_and_receive(request, answer));
  if (answer.buffer.size() < kLongReadBytes) answer.buffer.resize(kLongReadBytes);
  answer.body_bytes = 0;
  std::uint64_t bytes = 0;
  for (;;) {
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await client_.body().read(answer.buffer));
    if (got == 0) break;
    answer.body_bytes = got;
    bytes += got;
  }
  if (!client_.reusable()) co_return fail(unexpected_answer(answer.status, answer.body()));
  co_return bytes;
}

Task<Result<>> HttpDriver::operate() {
  const std::uint64_t number = keys_.next();
  workload_.build(number, keys_.random(), request_);
  DYAD_CO_TRY(co_await connection_->exchange(request_, answer_));
  co_return workload_.check(number, answer_.status, answer_.body());
}

}  // namespace dyad::bench
