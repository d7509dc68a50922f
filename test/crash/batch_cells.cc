#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "test/crash/cells.h"
#include "test/support/bodies.h"
#include "test/support/wire_objects.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kTogether = 3;

/// Several names that one request writes, each for itself: any of them may have happened.
class ManyCell : public Cell {
 public:
  ManyCell(Oracle& oracle, const std::string& sort, std::string id)
      : Cell(oracle, sort + "s/" + id) {
    for (std::size_t i = 0; i < kTogether; ++i) {
      ids_[i] = fmt::format("{}-{}", id, i);
      names_[i] = sort + "/" + ids_[i];
    }
  }

  Task<Result<std::string>> read(AwsClient&) override {
    co_return fail(ErrorCode::internal, "it has several states");
  }
  Task<std::string> check(AwsClient& client) override {
    for (std::size_t i = 0; i < kTogether; ++i) {
      const Result<std::string> found = co_await read_one(client, ids_[i]);
      if (!found) co_return names_[i] + ": " + found.error().to_string();
      std::string wrong = oracle_.settle(names_[i], *found);
      if (!wrong.empty()) co_return wrong;
    }
    co_return "";
  }

 protected:
  virtual Task<Result<std::string>> read_one(AwsClient& client, std::string id) = 0;

  /// Sends what would leave `next` under the names, where there is one. `told_all`: what a success
  /// must say.
  Task<Outcome> attempt_all(const std::array<std::optional<std::string>, kTogether>& next,
                            std::string_view told_all, Task<Result<Answer>> request) {
    for (std::size_t i = 0; i < kTogether; ++i)
      if (next[i]) oracle_.begin(names_[i], *next[i]);
    const Result<Answer> answer = co_await request;
    if (!answer || answer->status >= 500) co_return Outcome::unknown;
    if (!answer->ok()) {
      complaint_ = fmt::format("{}: {} {}", name(), answer->status, answer->body);
      co_return Outcome::wrong;
    }
    // Some of it was put off: which, the check finds out.
    if (answer->body.find(told_all) == std::string::npos) co_return Outcome::unknown;
    for (std::size_t i = 0; i < kTogether; ++i)
      if (next[i]) oracle_.acknowledged(names_[i]);
    co_return Outcome::acknowledged;
  }

  std::array<std::string, kTogether> ids_;
  std::array<std::string, kTogether> names_;
  std::uint64_t version_ = 0;
};

class BatchCell final : public ManyCell {
 public:
  BatchCell(Oracle& oracle, std::string id) : ManyCell(oracle, "batch", std::move(id)) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    std::array<std::optional<std::string>, kTogether> next;
    std::string requests;
    for (std::size_t i = 0; i < kTogether; ++i) {
      if (!requests.empty()) requests += ',';
      if (random.below(4) == 0) {
        next[i] = "";
        requests += fmt::format(R"({{"DeleteRequest":{{"Key":{}}}}})", key_json(ids_[i]));
        continue;
      }
      std::optional<std::uint64_t> group;
      if (random.below(4) > 0) group = random.below(kGroups);
      next[i] = item_state(++version_, group);
      requests +=
          fmt::format(R"({{"PutRequest":{{"Item":{}}}}})", item_json(ids_[i], version_, group));
    }
    std::string json = fmt::format(R"({{"RequestItems":{{"{}":[{}]}}}})", kTable, requests);
    Task<Result<Answer>> request = client.dynamodb("BatchWriteItem", std::move(json));
    co_return co_await attempt_all(next, R"("UnprocessedItems":{})", std::move(request));
  }
  void add_index_entries(std::vector<std::string>& entries) override {
    for (std::size_t i = 0; i < kTogether; ++i) {
      const std::string& state = oracle_.state(names_[i]);
      if (state.find('g') != std::string::npos) entries.push_back(ids_[i] + ":" + state);
    }
  }

 protected:
  Task<Result<std::string>> read_one(AwsClient& client, std::string id) override {
    DYAD_CO_TRY_ASSIGN(const std::optional<FlatItem> item,
                       co_await get_item(client, kTable, key_json(id)));
    if (!item) co_return std::string();
    co_return state_of(*item);
  }
};

class DeletesCell final : public ManyCell {
 public:
  DeletesCell(Oracle& oracle, std::string key) : ManyCell(oracle, "deleted", std::move(key)) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    std::array<std::optional<std::string>, kTogether> next;
    AwsClient::Headers headers;
    const std::size_t which = random.below(kTogether + 1);
    if (which < kTogether) {
      constexpr std::array<std::size_t, 2> kSizes = {100, 70'000};
      const std::string body =
          make_body(ids_[which], ++version_, kSizes[random.below(kSizes.size())]);
      next[which] = std::to_string(version_);
      Task<Result<Answer>> request = client.s3("PUT", path(ids_[which]), std::move(headers), body);
      co_return co_await attempt_all(next, "", std::move(request));
    }
    std::string xml = "<Delete><Quiet>true</Quiet>";
    for (std::size_t i = 0; i < kTogether; ++i) {
      next[i] = "";
      xml += fmt::format("<Object><Key>{}</Key></Object>", ids_[i]);
    }
    xml += "</Delete>";
    headers.emplace_back("content-md5", to_base64(crypto::as_view(crypto::md5(xml))));
    const std::string target = "/" + std::string(kBucket) + "?delete";
    Task<Result<Answer>> request = client.s3("POST", target, std::move(headers), xml);
    co_return co_await attempt_all(next, "", std::move(request));
  }

 protected:
  static std::string path(const std::string& key) { return "/" + std::string(kBucket) + "/" + key; }
  Task<Result<std::string>> read_one(AwsClient& client, std::string id) override {
    WireObjects objects(client, kBucket);
    DYAD_CO_TRY_ASSIGN(const std::optional<ObjectCalls::Object> object, co_await objects.get(id));
    if (!object) co_return std::string();
    const std::uint64_t version = version_of_body(id, object->body);
    if (version == 0) co_return fail(ErrorCode::corruption, id + " is not what anybody wrote");
    co_return std::to_string(version);
  }
};

class UploadCell final : public Cell {
 public:
  UploadCell(Oracle& oracle, KeyCell& cell) : Cell(oracle, "upload/" + cell.key()), cell_(cell) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    WireObjects objects(client, kBucket);
    const Outcome outcome = co_await cell_.write(objects, random);
    complaint_ = cell_.complaint();
    co_return outcome;
  }
  Task<Result<std::string>> read(AwsClient&) override { co_return cell_.state(); }
  Task<std::string> check(AwsClient& client) override {
    WireObjects objects(client, kBucket);
    co_return co_await cell_.check(objects);
  }

 private:
  KeyCell& cell_;
};

class IndexCell final : public Cell {
 public:
  IndexCell(Oracle& oracle, const Clock& clock) : Cell(oracle, kLateIndex), clock_(clock) {}

  /// Where it is being built, it can be neither added nor deleted.
  Task<Outcome> write(AwsClient& client, Random&) override {
    const bool there = !state().empty();
    const Result<Answer> described = co_await describe(client);
    if (!described || !described->ok()) co_return Outcome::unknown;
    if (there && !active(described->body)) co_return Outcome::refused;
    std::string json =
        there
            ? fmt::format(
                  R"({{"TableName":"{}","GlobalSecondaryIndexUpdates":[{{"Delete":{{"IndexName":"{}"}}}}]}})",
                  kTable, kLateIndex)
            : fmt::format(
                  R"({{"TableName":"{}","AttributeDefinitions":[{{"AttributeName":"group","AttributeType":"S"}}],"GlobalSecondaryIndexUpdates":[{{"Create":{{"IndexName":"{}","KeySchema":[{{"AttributeName":"group","KeyType":"HASH"}}],"Projection":{{"ProjectionType":"ALL"}}}}}}]}})",
                  kTable, kLateIndex);
    Task<Result<Answer>> request = client.dynamodb("UpdateTable", std::move(json));
    co_return co_await attempt(there ? "" : "there", 0, std::move(request));
  }

  Task<Result<std::string>> read(AwsClient& client) override {
    const std::int64_t until_us = clock_.steady_us() + kBuiltWithinMs * 1000;
    while (true) {
      DYAD_CO_TRY_ASSIGN(const Answer answer, co_await describe(client));
      if (!answer.ok()) co_return fail(ErrorCode::internal, answer.body);
      if (at_in(answer.body) == std::string::npos) co_return std::string();
      if (active(answer.body)) co_return "there";
      if (clock_.steady_us() > until_us)
        co_return fail(ErrorCode::deadline_exceeded, "the index is never whole: " + answer.body);
      co_await SleepUntil(clock_.steady_us() + 5'000);
    }
  }

 private:
  static constexpr std::int64_t kBuiltWithinMs = 20'000;

  static Task<Result<Answer>> describe(AwsClient& client) {
    return client.dynamodb("DescribeTable", fmt::format(R"({{"TableName":"{}"}})", kTable));
  }
  static std::size_t at_in(const std::string& described) {
    return described.find(fmt::format(R"("IndexName":"{}")", kLateIndex));
  }
  static bool active(const std::string& described) {
    return described.find("CREATING") == std::string::npos &&
           described.find("UPDATING") == std::string::npos;
  }

  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Cell> make_upload_cell(Oracle& oracle, KeyCell& cell) {
  return std::make_unique<UploadCell>(oracle, cell);
}
std::unique_ptr<Cell> make_batch_cell(Oracle& oracle, std::string id) {
  return std::make_unique<BatchCell>(oracle, std::move(id));
}
std::unique_ptr<Cell> make_deletes_cell(Oracle& oracle, std::string key) {
  return std::make_unique<DeletesCell>(oracle, std::move(key));
}
std::unique_ptr<Cell> make_index_cell(Oracle& oracle, const Clock& clock) {
  return std::make_unique<IndexCell>(oracle, clock);
}

}  // namespace dyad::proof
