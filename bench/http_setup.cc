#include "http_setup.h"

#include <fmt/format.h>

#include "runtime/connect.h"

namespace dyad::bench {
namespace {

constexpr int kMaxStatusAttempts = 100;
constexpr std::int64_t kStatusPauseUs = 100'000;
constexpr std::int64_t kHealthTimeoutMs = 2'000;

std::string create_table_body(std::string_view table, bool indexed) {
  std::string body =
      fmt::format(R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST",)"
                  R"("KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],)"
                  R"("AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}})",
                  table);
  if (!indexed) return body + "]}";
  body += R"(,{"AttributeName":"owner","AttributeType":"S"},)"
          R"({"AttributeName":"created","AttributeType":"N"}],)"
          R"("GlobalSecondaryIndexes":[{"IndexName":")";
  body.append(kIndexName);
  return body + R"(","KeySchema":[{"AttributeName":"owner","KeyType":"HASH"},)"
                R"({"AttributeName":"created","KeyType":"RANGE"}],)"
                R"("Projection":{"ProjectionType":"ALL"}}]})";
}

/// One request on a connection of its own.
Task<Result<HttpAnswer>> ask(Reactor& reactor, Target target, RequestSigner::Form form,
                             HttpRequest request) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<HttpConnection> connection,
                     co_await HttpConnection::open(reactor, target, form));
  HttpAnswer answer;
  DYAD_CO_TRY(co_await connection->exchange(request, answer));
  co_return answer;
}

Task<Result<HttpAnswer>> ask_dynamodb(Reactor& reactor, Target target, std::string operation,
                                      std::string body) {
  HttpRequest request{"POST", "/", std::move(body)};
  co_return co_await ask(reactor, target, dynamodb_form(operation), request);
}

Task<Result<>> make_table(Reactor& reactor, Target target, std::string table, bool indexed) {
  DYAD_CO_TRY_ASSIGN(
      const HttpAnswer made,
      co_await ask_dynamodb(reactor, target, "CreateTable", create_table_body(table, indexed)));
  const bool there = made.body().find("ResourceInUseException") != std::string::npos;
  if (made.status != 200 && !there) co_return fail(unexpected_answer(made.status, made.body()));
  HttpAnswer answer;
  for (int i = 0; i < kMaxStatusAttempts; ++i) {
    DYAD_CO_TRY_ASSIGN(answer,
                       co_await ask_dynamodb(reactor, target, "DescribeTable",
                                             fmt::format(R"({{"TableName":"{}"}})", table)));
    if (answer.body().find(R"("TableStatus":"ACTIVE")") != std::string::npos) co_return Result<>();
    co_await SleepUntil(reactor.clock().steady_us() + kStatusPauseUs);
  }
  co_return fail(unexpected_answer(answer.status, answer.body()));
}

}  // namespace

Task<Result<>> make_tables_and_bucket(Reactor& reactor, Target target) {
  DYAD_CO_TRY(co_await make_table(reactor, target, std::string(kTableName), false));
  DYAD_CO_TRY(co_await make_table(reactor, target, std::string(kIndexedTableName), true));
  HttpRequest request{"PUT", "/" + std::string(kBucketName), ""};
  DYAD_CO_TRY_ASSIGN(const HttpAnswer made, co_await ask(reactor, target, s3_form(), request));
  const bool there = made.body().find("BucketAlreadyOwnedByYou") != std::string::npos;
  if (made.status != 200 && !there) co_return fail(unexpected_answer(made.status, made.body()));
  co_return Result<>();
}

Task<Result<>> ask_health(Reactor& reactor, Target target) {
  const Deadline deadline = Deadline::after_ms(reactor.clock(), kHealthTimeoutMs);
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<Stream> stream,
                     co_await connect(reactor, target.address, ConnectOptions(), deadline));
  http::Client client(std::move(stream), reactor.clock());
  const http::Header headers[] = {{"host", target.address}};
  const http::Client::RequestLine line{"GET", "/health"};
  DYAD_CO_TRY(co_await client.send(line, headers, ""));
  DYAD_CO_TRY_ASSIGN(const http::ResponseHead* head, co_await client.receive());
  if (head->status != 200) co_return fail(unexpected_answer(head->status, ""));
  co_return Result<>();
}

}  // namespace dyad::bench
