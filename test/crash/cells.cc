#include "test/crash/cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "test/support/answers.h"
#include "test/support/bodies.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kPayloadBytes = 200;

/// Text, for an attribute of type S.
std::string payload_of(const std::string& id, std::uint64_t version) {
  return to_hex(make_body(id, version, kPayloadBytes));
}

}  // namespace

std::string item_state(std::uint64_t version, std::optional<std::uint64_t> group) {
  if (version == 0) return {};
  return std::to_string(version) + (group ? "g" + std::to_string(*group) : "");
}

/// corruption: it is no item of ours, or not whole.
Result<std::string> state_of(const FlatItem& item) {
  const auto id = item.find("id");
  const auto version = item.find("version");
  const auto payload = item.find("payload");
  const auto group = item.find("group");
  if (id == item.end() || version == item.end() || payload == item.end())
    return fail(ErrorCode::corruption, "an item lacks attributes");
  const std::uint64_t number = std::stoull(version->second);
  if (payload->second != payload_of(id->second, number))
    return fail(ErrorCode::corruption, "item " + id->second + " is a mix");
  return version->second + (group == item.end() ? "" : "g" + group->second);
}

std::string key_json(const std::string& id) {
  return fmt::format(R"({{"id":{{"S":"{}"}}}})", id);
}

std::string item_json(const std::string& id, std::uint64_t version,
                      std::optional<std::uint64_t> group) {
  const std::string group_json =
      group ? fmt::format(R"(,"group":{{"S":"{}"}})", *group) : std::string();
  return fmt::format(R"({{"id":{{"S":"{}"}},"version":{{"N":"{}"}},"payload":{{"S":"{}"}}{}}})", id,
                     version, payload_of(id, version), group_json);
}

std::string filler_id(int number) {
  return fmt::format("filler-{}", number);
}

Task<Result<std::optional<FlatItem>>> get_item(AwsClient& client, std::string table,
                                               std::string key) {
  DYAD_CO_TRY_ASSIGN(
      const Answer answer,
      co_await client.dynamodb(
          "GetItem",
          fmt::format(R"({{"TableName":"{}","Key":{},"ConsistentRead":true}})", table, key)));
  if (!answer.ok())
    co_return fail(ErrorCode::internal, fmt::format("{}: {}", answer.status, answer.body));
  co_return item_of_answer(answer.body);
}

namespace {

class ObjectCell final : public Cell {
 public:
  ObjectCell(Oracle& oracle, std::string key)
      : Cell(oracle, "object/" + key), path_("/" + std::string(kBucket) + "/" + key), key_(key) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    const bool there = !state().empty();
    const std::uint64_t choice = random.below(10);
    AwsClient::Headers headers;
    if (choice == 0) {
      Task<Result<Answer>> request = client.s3("DELETE", path_, std::move(headers), {});
      co_return co_await attempt("", 0, std::move(request));
    }
    int refusal = 0;
    if (choice <= 2) {
      headers.emplace_back("if-none-match", "*");
      if (there) refusal = 412;
    } else if (choice <= 4 && there) {
      const bool fits = choice == 3;
      headers.emplace_back("if-match", fits ? etag_ : "\"00000000000000000000000000000000\"");
      if (!fits) refusal = 412;
    }
    constexpr std::array<std::size_t, 5> kSizes = {100, 3'000, 20'000, 200'000, 450'000};
    const std::size_t size = kSizes[random.below(kSizes.size())];
    const std::string body = make_body(key_, ++version_, size);
    Task<Result<Answer>> request = client.s3("PUT", path_, std::move(headers), body);
    const Outcome outcome =
        co_await attempt(fmt::format("{}:{}", version_, size), refusal, std::move(request));
    if (outcome == Outcome::acknowledged) etag_ = last_answer_.etag;
    co_return outcome;
  }

  Task<Result<std::string>> read(AwsClient& client) override {
    AwsClient::Headers headers;
    DYAD_CO_TRY_ASSIGN(const Answer answer, co_await client.s3("GET", path_, headers, {}));
    if (answer.status == 404) co_return std::string();
    if (!answer.ok())
      co_return fail(ErrorCode::internal, fmt::format("{}: {}", answer.status, answer.body));
    const std::uint64_t version = version_of_body(key_, answer.body);
    if (version == 0) co_return fail(ErrorCode::corruption, name() + " is not what anybody wrote");
    etag_ = answer.etag;
    co_return fmt::format("{}:{}", version, answer.body.size());
  }

 private:
  const std::string path_;
  const std::string key_;
  std::uint64_t version_ = 0;
  std::string etag_;
};

class ItemCell final : public Cell {
 public:
  ItemCell(Oracle& oracle, std::string id) : Cell(oracle, "item/" + id), id_(id) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    const bool there = !state().empty();
    std::optional<std::uint64_t> group;
    if (random.below(4) > 0) group = random.below(kGroups);
    const std::uint64_t choice = random.below(8);
    std::string json, next;
    const char* operation = "PutItem";
    int refusal = 0;
    if (choice == 0) {
      operation = "DeleteItem";
      json = fmt::format(R"({{"TableName":"{}","Key":{}}})", kTable, key_json(id_));
    } else if (choice <= 4) {
      const bool only_new = choice == 4;
      if (only_new && there) refusal = 400;
      next = item_state(++version_, group);
      json = fmt::format(R"({{"TableName":"{}","Item":{}{}}})", kTable,
                         item_json(id_, version_, group),
                         only_new ? R"j(,"ConditionExpression":"attribute_not_exists(id)")j" : "");
    } else {
      operation = "UpdateItem";
      next = item_state(++version_, group);
      json = update_json(group);
    }
    Task<Result<Answer>> request = client.dynamodb(operation, std::move(json));
    co_return co_await attempt(std::move(next), refusal, std::move(request));
  }

  Task<Result<std::string>> read(AwsClient& client) override {
    DYAD_CO_TRY_ASSIGN(const std::optional<FlatItem> item,
                       co_await get_item(client, kTable, key_json(id_)));
    if (!item) co_return std::string();
    co_return state_of(*item);
  }
  void add_index_entries(std::vector<std::string>& entries) override {
    if (state().find('g') != std::string::npos) entries.push_back(id_ + ":" + state());
  }

 private:
  std::string update_json(std::optional<std::uint64_t> group) const {
    const std::string set = fmt::format(
        R"("#v":"version","#p":"payload","#g":"group"}},"ExpressionAttributeValues":{{":v":{{"N":"{}"}},":p":{{"S":"{}"}})",
        version_, payload_of(id_, version_));
    const std::string expression =
        group ? "SET #v = :v, #p = :p, #g = :g" : "SET #v = :v, #p = :p REMOVE #g";
    const std::string value = group ? fmt::format(R"(,":g":{{"S":"{}"}})", *group) : std::string();
    return fmt::format(
        R"({{"TableName":"{}","Key":{},"UpdateExpression":"{}","ExpressionAttributeNames":{{{}{}}}}})",
        kTable, key_json(id_), expression, set, value);
  }

  const std::string id_;
  std::uint64_t version_ = 0;
};

/// The object's row gets an attribute of the user's, "mark"; the item has one too.
class PairCell final : public Cell {
 public:
  PairCell(Oracle& oracle, std::string id)
      : Cell(oracle, "pair/" + id), id_(id), path_("/" + std::string(kBucket) + "/" + id) {}

  Task<Outcome> write(AwsClient& client, Random& random) override {
    const std::size_t bar = state().find('|');
    const std::string object = bar == std::string::npos ? "" : state().substr(bar + 1);
    if (object.empty()) {
      // Nothing there: first the object alone, without a mark.
      AwsClient::Headers headers;
      const std::string body = make_body(id_, 1, 500);
      Task<Result<Answer>> request = client.s3("PUT", path_, std::move(headers), body);
      co_return co_await attempt("|0", 0, std::move(request));
    }
    if (random.below(4) == 0) {
      std::string json = fmt::format(
          R"({{"TransactItems":[{{"Delete":{{"TableName":"{0}","Key":{1}}}}},{{"Delete":{{"TableName":"s3.{2}","Key":{3}}}}}]}})",
          kTable, key_json(id_), kBucket, row_key());
      Task<Result<Answer>> request = client.dynamodb("TransactWriteItems", std::move(json));
      co_return co_await attempt("", 0, std::move(request));
    }
    ++mark_;
    std::string json = fmt::format(
        R"({{"TransactItems":[{{"Put":{{"TableName":"{0}","Item":{1}}}}},{{"Update":{{"TableName":"s3.{2}","Key":{3},"UpdateExpression":"SET #m = :m","ExpressionAttributeNames":{{"#m":"mark"}},"ExpressionAttributeValues":{{":m":{{"N":"{4}"}}}}}}}}]}})",
        kTable, item_json(id_, mark_, std::nullopt), kBucket, row_key(), mark_);
    Task<Result<Answer>> request = client.dynamodb("TransactWriteItems", std::move(json));
    co_return co_await attempt(fmt::format("{0}|{0}", mark_), 0, std::move(request));
  }

  Task<Result<std::string>> read(AwsClient& client) override {
    DYAD_CO_TRY_ASSIGN(const std::optional<FlatItem> item,
                       co_await get_item(client, kTable, key_json(id_)));
    DYAD_CO_TRY_ASSIGN(const std::optional<FlatItem> row,
                       co_await get_item(client, "s3." + std::string(kBucket), row_key()));
    if (!item && !row) co_return std::string();
    std::string word;
    if (item) {
      DYAD_CO_TRY_ASSIGN(word, state_of(*item));
    }
    word += "|";
    if (row) word += row->contains("mark") ? row->at("mark") : "0";
    co_return word;
  }

 private:
  std::string row_key() const {
    return fmt::format(R"({{"bucket":{{"S":"{}"}},"key":{{"S":"{}"}}}})", kBucket, id_);
  }

  const std::string id_;
  const std::string path_;
  std::uint64_t mark_ = 0;
};

}  // namespace

Task<Outcome> Cell::attempt(std::string next, int refusal, Task<Result<Answer>> request) {
  oracle_.begin(name_, next);
  Result<Answer> answer = co_await request;
  if (!answer || answer->status >= 500) co_return Outcome::unknown;
  last_answer_ = std::move(*answer);
  if (last_answer_.ok() && refusal == 0) {
    oracle_.acknowledged(name_);
    co_return Outcome::acknowledged;
  }
  oracle_.refused(name_);
  if (last_answer_.status == refusal) co_return Outcome::refused;
  complaint_ = fmt::format("{}: to write '{}' over '{}': {} {}, expected {}", name_, next, state(),
                           last_answer_.status, last_answer_.body, refusal);
  co_return Outcome::wrong;
}

Task<std::string> Cell::check(AwsClient& client) {
  const Result<std::string> found = co_await read(client);
  if (!found) co_return name_ + ": " + found.error().to_string();
  co_return oracle_.settle(name_, *found);
}

std::unique_ptr<Cell> make_object_cell(Oracle& oracle, std::string key) {
  return std::make_unique<ObjectCell>(oracle, std::move(key));
}
std::unique_ptr<Cell> make_item_cell(Oracle& oracle, std::string id) {
  return std::make_unique<ItemCell>(oracle, std::move(id));
}
std::unique_ptr<Cell> make_pair_cell(Oracle& oracle, std::string id) {
  return std::make_unique<PairCell>(oracle, std::move(id));
}

Task<Result<std::vector<std::string>>> read_whole_index(AwsClient& client, std::string index) {
  std::vector<std::string> found;
  for (int group = 0; group < kGroups; ++group) {
    std::string start;
    do {
      const std::string from =
          start.empty() ? start : fmt::format(R"(,"ExclusiveStartKey":{})", start);
      DYAD_CO_TRY_ASSIGN(
          const Answer answer,
          co_await client.dynamodb(
              "Query",
              fmt::format(
                  R"({{"TableName":"{}","IndexName":"{}","KeyConditionExpression":"#g = :g","ExpressionAttributeNames":{{"#g":"group"}},"ExpressionAttributeValues":{{":g":{{"S":"{}"}}}}{}}})",
                  kTable, index, group, from)));
      if (!answer.ok()) co_return fail(ErrorCode::internal, answer.body);
      DYAD_CO_TRY_ASSIGN(const QueryAnswer page, items_of_answer(answer.body));
      for (const FlatItem& item : page.items) {
        DYAD_CO_TRY_ASSIGN(const std::string state, state_of(item));
        found.push_back(item.at("id") + ":" + state);
      }
      start = page.last_evaluated_key;
    } while (!start.empty());
  }
  std::sort(found.begin(), found.end());
  co_return found;
}

}  // namespace dyad::proof
