#include "test/support/aws_client.h"

#include "crypto/digest.h"
#include "runtime/connect.h"
#include "test/support/server_process.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kConnectTimeoutMs = 5'000;
constexpr const char* kRegion = "us-east-1";

crypto::Credentials credentials() {
  return {kAccessKeyId, kSecretAccessKey, {}};
}

}  // namespace

AwsClient::AwsClient(Reactor& reactor, const Clock& clock, std::string address)
    : reactor_(reactor),
      clock_(clock),
      address_(std::move(address)),
      s3_signer_(credentials(), crypto::SignatureStyle::s3, kRegion, "s3"),
      dynamodb_signer_(credentials(), crypto::SignatureStyle::other, kRegion, "dynamodb") {}

Task<Result<>> AwsClient::ensure_connected() {
  if (client_) co_return Result<>();
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<Stream> stream,
                     co_await connect(reactor_, address_, ConnectOptions(),
                                      Deadline::after_ms(clock_, kConnectTimeoutMs)));
  client_ = std::make_unique<http::Client>(std::move(stream), clock_);
  co_return Result<>();
}

Task<Result<Answer>> AwsClient::exchange(crypto::Sigv4Signer& signer, std::string_view method,
                                         std::string target, Headers headers, std::string_view body,
                                         std::string_view payload_hash) {
  DYAD_CO_TRY(co_await ensure_connected());
  headers.emplace_back("host", address_);
  std::vector<http::Header> views;
  for (const auto& [name, value] : headers) views.push_back({name, value});
  const std::size_t query_at = target.find('?');
  const std::string_view whole(target);
  crypto::RequestView view;
  view.method = method;
  view.path = whole.substr(0, query_at);
  if (query_at != std::string::npos) view.query = whole.substr(query_at + 1);
  view.headers = views;
  const crypto::Sigv4Signer::Signed signature = signer.sign(view, payload_hash, clock_.wall_ms());
  for (const auto& header : signature.headers) views.push_back({header.name, header.value});

  const http::Client::RequestLine line{method, target};
  Answer answer;
  bool reusable = false;
  Result<> done = co_await client_->send(line, views, body);
  if (done) {
    const Result<const http::ResponseHead*> head = co_await client_->receive();
    if (head) {
      answer.status = (*head)->status;
      answer.etag = (*head)->value("etag");
      Result<std::string> bytes = co_await http::read_all(client_->body(), kMaxAnswerBytes);
      if (bytes) {
        answer.body = std::move(*bytes);
        reusable = client_->reusable();
      } else {
        done = Result<>(bytes.error());
      }
    } else {
      done = Result<>(head.error());
    }
  }
  if (!reusable) client_.reset();
  DYAD_CO_TRY(done);
  co_return answer;
}

Task<Result<Answer>> AwsClient::s3(std::string_view method, std::string path, Headers headers,
                                   std::string_view body) {
  co_return co_await exchange(s3_signer_, method, std::move(path), std::move(headers), body,
                              "UNSIGNED-PAYLOAD");
}

Task<Result<Answer>> AwsClient::dynamodb(std::string_view operation, std::string json) {
  Headers headers;
  headers.emplace_back("content-type", "application/x-amz-json-1.0");
  headers.emplace_back("x-amz-target", "DynamoDB_20120810." + std::string(operation));
  const auto hash = crypto::sha256_hex(json);
  const std::string_view payload_hash(hash.data(), hash.size());
  co_return co_await exchange(dynamodb_signer_, "POST", "/", std::move(headers), json,
                              payload_hash);
}

}  // namespace dyad::proof
