#include "http_setup.h"

#include <fmt/format.h>

#include "runtime/connect.h"

namespace dyad::bench {
namespace {

constexpr int kMaxStatusAttempts = 100;
constexpr std::int64_t kStatusPauseUs = 100'000;
constexpr std::int64_t kHealthTimeoutMs = 2'000;

enum class TableKind : std::uint8_t { plain, indexed, streamed, pages };

std::string create_table_body(TableKind kind) {
  constexpr std::string_view start = R"({"BillingMode":"PAY_PER_REQUEST","TableName":")";
  constexpr std::string_view hash = R"({"AttributeName":"id","KeyType":"HASH"})";
  constexpr std::string_view id = R"({"AttributeName":"id","AttributeType":"S"})";
  switch (kind) {
    case TableKind::plain:
      return fmt::format(R"({}{}","KeySchema":[{}],"AttributeDefinitions":[{}]}})", start,
                         kTableName, hash, id);
    case TableKind::streamed:
      return fmt::format(
          R"({}{}","KeySchema":[{}],"AttributeDefinitions":[{}],"StreamSpecification":)"
          R"({{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}}})",
          start, kStreamedTableName, hash, id);
    case TableKind::pages:
      return fmt::format(
          R"({}{}","KeySchema":[{},{{"AttributeName":"n","KeyType":"RANGE"}}],)"
          R"("AttributeDefinitions":[{},{{"AttributeName":"n","AttributeType":"N"}}]}})",
          start, kPageTableName, hash, id);
    case TableKind::indexed:
      return fmt::format(R"({}{}","KeySchema":[{}],"AttributeDefinitions":[{},)"
                         R"({{"AttributeName":"owner","AttributeType":"S"}},)"
                         R"({{"AttributeName":"created","AttributeType":"N"}}],)"
                         R"("GlobalSecondaryIndexes":[{{"IndexName":"{}","KeySchema":[)"
                         R"({{"AttributeName":"owner","KeyType":"HASH"}},)"
                         R"({{"AttributeName":"created","KeyType":"RANGE"}}],)"
                         R"("Projection":{{"ProjectionType":"ALL"}}}}]}})",
                         start, kIndexedTableName, hash, id, kIndexName);
  }
  DYAD_CHECK(false);
}

Task<Result<HttpAnswer>> ask_dynamodb(Reactor& reactor, Target target, std::string operation,
                                      std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body = std::move(body);
  co_return co_await ask_once(reactor, target, dynamodb_form(operation), request);
}

/// The table is ACTIVE, and so is each index.
bool takes_requests(std::string_view description) {
  return description.find(R"("TableStatus":"ACTIVE")") != std::string_view::npos &&
         description.find(R"("IndexStatus":"CREATING")") == std::string_view::npos;
}

Task<Result<>> make_table(Reactor& reactor, Target target, std::string_view table, TableKind kind) {
  DYAD_CO_TRY_ASSIGN(const HttpAnswer made, co_await ask_dynamodb(reactor, target, "CreateTable",
                                                                  create_table_body(kind)));
  const bool there = made.body().find("ResourceInUseException") != std::string::npos;
  if (made.status != 200 && made.body().find("not supported") != std::string::npos)
    co_return fail(ErrorCode::unsupported, std::string(made.body()));
  if (made.status != 200 && !there) co_return fail(unexpected_answer(made.status, made.body()));
  const std::string question = fmt::format(R"({{"TableName":"{}"}})", table);
  HttpAnswer answer;
  for (int i = 0; i < kMaxStatusAttempts; ++i) {
    DYAD_CO_TRY_ASSIGN(answer, co_await ask_dynamodb(reactor, target, "DescribeTable", question));
    if (takes_requests(answer.body())) co_return Result<>();
    co_await SleepUntil(reactor.clock().steady_us() + kStatusPauseUs);
  }
  co_return fail(unexpected_answer(answer.status, answer.body()));
}

}  // namespace

Task<Result<HttpAnswer>> ask_once(Reactor& reactor, Target target, RequestSigner::Form form,
                                  HttpRequest request) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<HttpConnection> connection,
                     co_await HttpConnection::open(reactor, target, form));
  HttpAnswer answer;
  DYAD_CO_TRY(co_await connection->exchange(request, answer));
  co_return answer;
}

Task<Result<>> make_tables(Reactor& reactor, Target target) {
  DYAD_CO_TRY(co_await make_table(reactor, target, kTableName, TableKind::plain));
  DYAD_CO_TRY(co_await make_table(reactor, target, kIndexedTableName, TableKind::indexed));
  DYAD_CO_TRY(co_await make_table(reactor, target, kPageTableName, TableKind::pages));
  co_return Result<>();
}

Task<Result<>> make_bucket(Reactor& reactor, Target target, std::string bucket) {
  HttpRequest request;
  request.method = "PUT";
  request.target = "/" + bucket;
  DYAD_CO_TRY_ASSIGN(const HttpAnswer made, co_await ask_once(reactor, target, s3_form(), request));
  const bool there = made.body().find("BucketAlreadyOwnedByYou") != std::string::npos;
  if (made.status != 200 && !there) co_return fail(unexpected_answer(made.status, made.body()));
  co_return Result<>();
}

Task<Result<>> make_streamed_table(Reactor& reactor, Target target) {
  return make_table(reactor, target, kStreamedTableName, TableKind::streamed);
}

Task<Result<>> ask_tables(Reactor& reactor, Target target) {
  DYAD_CO_TRY_ASSIGN(const HttpAnswer answer,
                     co_await ask_dynamodb(reactor, target, "ListTables", "{}"));
  if (answer.status != 200) co_return fail(unexpected_answer(answer.status, answer.body()));
  co_return Result<>();
}

Task<Result<>> ask_buckets(Reactor& reactor, Target target) {
  HttpRequest request;
  request.method = "GET";
  request.target = "/";
  DYAD_CO_TRY_ASSIGN(const HttpAnswer answer,
                     co_await ask_once(reactor, target, s3_form(), request));
  if (answer.status != 200) co_return fail(unexpected_answer(answer.status, answer.body()));
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
