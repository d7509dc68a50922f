#include <fmt/format.h>

#include <iterator>

#include "http_workload.h"

namespace dyad::bench {
namespace {

/// Names and key values are 2 + 15, 1 + 3 and 7 of the 200 bytes: DynamoDB counts a number of three
/// digits as two bytes and one.
constexpr std::size_t kPagePayloadBytes = kPageItemBytes - 28;
constexpr std::uint64_t kFirstRange = 100;

class BatchWritePage final : public HttpWorkload {
 public:
  explicit BatchWritePage(const TextPool& pool) : pool_(pool) {}

  RequestSigner::Form form() const override { return dynamodb_form("BatchWriteItem"); }

  void build(std::uint64_t number, std::uint64_t random, HttpRequest& out) const override {
    constexpr std::uint64_t batches = kPageItems / kBatchItems;
    out.method = "POST";
    out.target.assign("/");
    out.body.clear();
    const auto end = std::back_inserter(out.body);
    fmt::format_to(end, R"({{"RequestItems":{{"{}":[)", kPageTableName);
    for (std::uint64_t i = 0; i < kBatchItems; ++i) {
      fmt::format_to(end,
                     R"({}{{"PutRequest":{{"Item":{{"id":{{"S":"page-{:010}"}},"n":{{"N":"{}"}},)"
                     R"("payload":{{"S":"{}"}}}}}}}})",
                     i == 0 ? "" : ",", number / batches,
                     kFirstRange + number % batches * kBatchItems + i,
                     pool_.cut(random + i * 7919, kPagePayloadBytes));
    }
    out.body.append("]}}");
  }

  Result<> check(std::uint64_t, int status, std::string_view body) const override {
    if (status != 200 || body.find(R"("UnprocessedItems":{})") == std::string_view::npos)
      return unexpected_answer(status, body);
    return {};
  }

 private:
  const TextPool& pool_;
};

class QueryPage final : public HttpWorkload {
 public:
  RequestSigner::Form form() const override { return dynamodb_form("Query"); }

  void build(std::uint64_t number, std::uint64_t, HttpRequest& out) const override {
    out.method = "POST";
    out.target.assign("/");
    out.body.clear();
    fmt::format_to(std::back_inserter(out.body),
                   R"({{"TableName":"{}","KeyConditionExpression":"id = :id",)"
                   R"("ExpressionAttributeValues":{{":id":{{"S":"page-{:010}"}}}}}})",
                   kPageTableName, number);
  }

  Result<> check(std::uint64_t, int status, std::string_view body) const override {
    if (status != 200 || body.size() < kPageItems * kPagePayloadBytes ||
        body.find(R"("Count":100)") == std::string_view::npos)
      return unexpected_answer(status, body);
    return {};
  }

  std::uint64_t units() const override { return kPageItems; }
};

}  // namespace

std::unique_ptr<HttpWorkload> make_batch_write_page(const TextPool& pool) {
  return std::make_unique<BatchWritePage>(pool);
}
std::unique_ptr<HttpWorkload> make_query_page() {
  return std::make_unique<QueryPage>();
}

}  // namespace dyad::bench
