#include "client/aws_client.h"

#include "crypto/digest.h"
#include "runtime/connect.h"

namespace dyad::client {

AwsClient::AwsClient(Reactor& reactor, const Clock& clock, WorkerPool* resolver,
                     ClientOptions options)
    : reactor_(reactor),
      clock_(clock),
      resolver_(resolver),
      options_(std::move(options)),
      authority_(options_.endpoint.authority()) {}

Task<Result<>> AwsClient::ensure_connected() {
  if (connection_) co_return Result<>();
  if (options_.endpoint.secure && tls_ == nullptr) {
    DYAD_CO_TRY_ASSIGN(tls_, TlsClientContext::load(options_.ca_path));
  }
  ConnectOptions connect_options;
  connect_options.tls = tls_;
  connect_options.resolver = resolver_;
  const Deadline deadline = Deadline::after_ms(clock_, kConnectTimeoutMs);
  DYAD_CO_TRY_ASSIGN(
      std::unique_ptr<Stream> stream,
      co_await connect(reactor_, options_.endpoint.address(), connect_options, deadline));
  connection_ = std::make_unique<http::Client>(std::move(stream), clock_);
  co_return Result<>();
}

crypto::Sigv4Signer& AwsClient::signer_of(const std::string& service) {
  const auto style = service == "s3" ? crypto::SignatureStyle::s3 : crypto::SignatureStyle::other;
  return signers_.try_emplace(service, options_.credentials, style, options_.region, service)
      .first->second;
}

Task<Result<Answer>> AwsClient::receive() {
  DYAD_CO_TRY_ASSIGN(const http::ResponseHead* head, co_await connection_->receive());
  Answer answer;
  answer.status = head->status;
  answer.etag = head->value("etag");
  DYAD_CO_TRY_ASSIGN(answer.body, co_await http::read_all(connection_->body(), kMaxAnswerBytes));
  co_return answer;
}

Task<Result<Answer>> AwsClient::exchange(http::Client::RequestLine line,
                                         const std::vector<http::Header>& headers,
                                         std::string_view body) {
  DYAD_CO_TRY(co_await ensure_connected());
  const Result<> sent = co_await connection_->send(line, headers, body);
  if (!sent) {
    connection_.reset();
    co_return fail(sent.error());
  }
  Result<Answer> answer = co_await receive();
  if (!answer || !connection_->reusable()) connection_.reset();
  co_return answer;
}

Task<Result<Answer>> AwsClient::send(Request request) {
  std::vector<http::Header> headers;
  headers.push_back({"host", authority_});
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  const std::string_view target(request.target);
  const std::size_t query_at = target.find('?');
  crypto::RequestView view;
  view.method = request.method;
  view.path = target.substr(0, query_at);
  if (query_at != std::string_view::npos) view.query = target.substr(query_at + 1);
  view.headers = headers;
  const auto hash = crypto::sha256_hex(request.body);
  const std::string_view payload_hash(hash.data(), hash.size());
  const crypto::Sigv4Signer::Signed added =
      signer_of(request.service).sign(view, payload_hash, clock_.wall_ms());
  for (const auto& header : added.headers) headers.push_back({header.name, header.value});
  const http::Client::RequestLine line{request.method, request.target};
  co_return co_await exchange(line, headers, request.body);
}

Task<Result<Answer>> AwsClient::get_unsigned(std::string target) {
  std::vector<http::Header> headers;
  headers.push_back({"host", authority_});
  const http::Client::RequestLine line{"GET", target};
  co_return co_await exchange(line, headers, {});
}

}  // namespace dyad::client
