// Transactions against batches, transfers against reads of several items, writers against an index
// that is being added.

#include <algorithm>
#include <set>

#include "base/random.h"
#include "test/race/race_fixture.h"
#include "test/support/answers.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kRacers = 16;
constexpr const char* kTable = "race";
/// Every second item is in this one: what is read and written together is in two partitions.
constexpr const char* kOtherTable = "race-other";

class ItemRace : public RaceFixture {
 protected:
  ItemRace() : RaceFixture(kRacers) {}
  void SetUp() override {
    RaceFixture::SetUp();
    make_table(kTable);
    make_table(kOtherTable);
  }

  static const char* table_of(const std::string& id) {
    return id.back() % 2 == 0 ? kTable : kOtherTable;
  }

  static std::string key_json(const std::string& id) {
    return fmt::format(R"({{"id":{{"S":"{}"}}}})", id);
  }
  static std::string tagged(const std::string& id, const std::string& tag) {
    return fmt::format(R"({{"id":{{"S":"{}"}},"tag":{{"S":"{}"}}}})", id, tag);
  }
  /// True: done; false: it met another transaction, and nothing happened.
  Task<bool> ask(std::size_t racer, std::string operation, std::string json, std::string* body) {
    const auto answer = co_await clients_[racer]->dynamodb(operation, std::move(json));
    if (answer && answer->ok()) {
      if (body != nullptr) *body = answer->body;
      co_return true;
    }
    const bool met = answer && answer->body.find("TransactionConflict") != std::string::npos;
    if (!met)
      complain(operation + ": " + (answer ? answer->body : answer.error().to_string()));
    else
      ++conflicts_;
    co_return false;
  }
  /// Of all `ids`, as of one moment; empty: it met another transaction.
  Task<std::vector<FlatItem>> read_together(std::size_t racer, std::vector<std::string> ids) {
    std::string gets;
    for (const std::string& id : ids)
      gets += fmt::format(R"({}{{"Get":{{"TableName":"{}","Key":{}}}}})", gets.empty() ? "" : ",",
                          table_of(id), key_json(id));
    std::string body;
    std::vector<FlatItem> items;
    if (!co_await ask(racer, "TransactGetItems", fmt::format(R"({{"TransactItems":[{}]}})", gets),
                      &body))
      co_return items;
    auto found = items_of_responses(body);
    if (!found) complain(found.error().to_string());
    if (found) items = std::move(*found);
    co_return items;
  }

  int conflicts_ = 0;
};

/// Transactions write all of a, b, c, d with one tag of theirs; batches write a and b. As of any
/// moment c and d are of one transaction, the last one, and a and b are of it or of a batch after.
TEST_F(ItemRace, BatchesAndTransactionsAreInOneOrder) {
  constexpr int kRounds = 150;
  const std::vector<std::string> ids = {"a", "b", "c", "d"};
  int looks = 0, mixed = 0, transactions = 0, batches = 0;
  const auto transact = [&](std::size_t racer, int n) -> Task<void> {
    std::string puts;
    for (const std::string& id : ids)
      puts += fmt::format(R"({}{{"Put":{{"TableName":"{}","Item":{}}}}})", puts.empty() ? "" : ",",
                          table_of(id), tagged(id, fmt::format("t-{}-{}", racer, n)));
    if (co_await ask(racer, "TransactWriteItems", fmt::format(R"({{"TransactItems":[{}]}})", puts),
                     nullptr))
      ++transactions;
  };
  const auto batch = [&](std::size_t racer, int n) -> Task<void> {
    const std::string tag = fmt::format("b-{}-{}", racer, n);
    if (co_await ask(
            racer, "BatchWriteItem",
            fmt::format(
                R"({{"RequestItems":{{"{}":[{{"PutRequest":{{"Item":{}}}}}],"{}":[{{"PutRequest":{{"Item":{}}}}}]}}}})",
                table_of("a"), tagged("a", tag), table_of("b"), tagged("b", tag)),
            nullptr))
      ++batches;
  };
  const auto look = [&](std::size_t racer) -> Task<void> {
    const std::vector<FlatItem> seen = co_await read_together(racer, ids);
    if (seen.size() != ids.size() || !seen[2].contains("tag")) co_return;
    ++looks;
    const std::string& last = seen[3].at("tag");
    if (seen[2].at("tag") != last) complain("half a transaction");
    for (const int i : {0, 1}) {
      const std::string& tag = seen[i].at("tag");
      if (tag.starts_with("b-"))
        ++mixed;
      else if (tag != last)
        complain(fmt::format("'{}' is of {}, but the last transaction is {}", ids[i], tag, last));
    }
  };
  run([&](std::size_t racer) -> Task<void> {
    return [](auto& transact, auto& batch, auto& look, std::string& wrong,
              std::size_t racer) -> Task<void> {
      for (int n = 0; n < kRounds && wrong.empty(); ++n) {
        if (racer % 3 == 0) co_await transact(racer, n);
        if (racer % 3 == 1) co_await batch(racer, n);
        if (racer % 3 == 2) co_await look(racer);
      }
    }(transact, batch, look, wrong_, racer);
  });
  EXPECT_EQ(wrong_, "");
  EXPECT_GT(transactions, 0);
  EXPECT_GT(batches, 0);
  EXPECT_GT(looks, 0);
  EXPECT_GT(mixed, 0);
  fmt::print(
      "race: {} transactions and {} batches over the same items, {} looks, all in one order; {} "
      "met another transaction\n",
      transactions, batches, looks, conflicts_);
}

/// Money goes from one item to another; whoever reads all of them together finds all of it.
TEST_F(ItemRace, ReadersOfTransfersFindTheSameSum) {
  constexpr int kAccounts = 8, kStart = 100, kRounds = 150;
  std::vector<std::string> ids;
  for (int i = 0; i < kAccounts; ++i) {
    ids.push_back(fmt::format("account-{}", i));
    must(clients_[0]->dynamodb(
        "PutItem",
        fmt::format(R"({{"TableName":"{}","Item":{{"id":{{"S":"{}"}},"sum":{{"N":"{}"}}}}}})",
                    table_of(ids.back()), ids.back(), kStart)));
  }
  int transfers = 0, sums = 0;
  const auto transfer = [&](std::size_t racer, Random& random) -> Task<void> {
    const auto from = random.below(kAccounts);
    const auto to = (from + 1 + random.below(kAccounts - 1)) % kAccounts;
    const auto change = [&](std::uint64_t account, std::int64_t by) {
      return fmt::format(
          R"({{"Update":{{"TableName":"{}","Key":{},"UpdateExpression":"SET #s = #s + :by","ExpressionAttributeNames":{{"#s":"sum"}},"ExpressionAttributeValues":{{":by":{{"N":"{}"}}}}}}}})",
          table_of(ids[account]), key_json(ids[account]), by);
    };
    const auto amount = static_cast<std::int64_t>(1 + random.below(9));
    if (co_await ask(racer, "TransactWriteItems",
                     fmt::format(R"({{"TransactItems":[{},{}]}})", change(from, -amount),
                                 change(to, amount)),
                     nullptr))
      ++transfers;
  };
  const auto look = [&](std::size_t racer) -> Task<void> {
    const std::vector<FlatItem> seen = co_await read_together(racer, ids);
    if (seen.empty()) co_return;
    int sum = 0;
    for (const FlatItem& item : seen) sum += std::stoi(item.at("sum"));
    if (sum != kAccounts * kStart) complain(fmt::format("the sum is {}", sum));
    ++sums;
  };
  run([&](std::size_t racer) -> Task<void> {
    return [](auto& transfer, auto& look, std::string& wrong, std::size_t racer) -> Task<void> {
      SeededRandom random(racer + 1);
      for (int n = 0; n < kRounds && wrong.empty(); ++n) {
        if (racer % 2 == 0) co_await transfer(racer, random);
        if (racer % 2 == 1) co_await look(racer);
      }
    }(transfer, look, wrong_, racer);
  });
  EXPECT_EQ(wrong_, "");
  EXPECT_GT(transfers, kRounds);
  EXPECT_GT(sums, kRounds);
  fmt::print(
      "race: {} transfers, {} sums read together, all the same; {} met another transaction\n",
      transfers, sums, conflicts_);
}

/// An index is added while others put, change and delete: afterwards it says what the items say.
TEST_F(ItemRace, AnIndexThatIsAddedUnderWritersIsExact) {
  constexpr int kRounds = 4, kItems = 1500;
  for (int first = 0; first < kItems; first += 25) {
    std::string puts;
    for (int i = first; i < first + 25; ++i)
      puts += fmt::format(
          R"({}{{"PutRequest":{{"Item":{{"id":{{"S":"item-{}"}},"group":{{"S":"g{}"}},"tag":{{"S":"old"}}}}}}}})",
          i == first ? "" : ",", i, i % 5);
    must(clients_[0]->dynamodb("BatchWriteItem",
                               fmt::format(R"({{"RequestItems":{{"{}":[{}]}}}})", kTable, puts)));
  }
  bool building = false;
  int written = 0, rounds = 0, while_built = 0;
  const auto write = [&](std::size_t racer, Random& random) -> Task<void> {
    const std::string id = fmt::format("item-{}", random.below(kItems));
    const std::string tag = fmt::format("{}-{}", racer, ++written);
    switch (random.below(4)) {
      case 0:
        (void)co_await ask(racer, "DeleteItem",
                           fmt::format(R"({{"TableName":"{}","Key":{}}})", kTable, key_json(id)),
                           nullptr);
        break;
      case 1:
        (void)co_await ask(
            racer, "PutItem",
            fmt::format(R"({{"TableName":"{}","Item":{}}})", kTable, tagged(id, tag)), nullptr);
        break;
      default:
        (void)co_await ask(
            racer, "UpdateItem",
            fmt::format(
                R"({{"TableName":"{}","Key":{},"UpdateExpression":"SET #g = :g, #t = :t","ExpressionAttributeNames":{{"#g":"group","#t":"tag"}},"ExpressionAttributeValues":{{":g":{{"S":"g{}"}},":t":{{"S":"{}"}}}}}})",
                kTable, key_json(id), random.below(5), tag),
            nullptr);
    }
    if (building) ++while_built;
  };
  /// "id:group:tag" of each.
  const auto all_of = [&](std::string index) -> Task<std::vector<std::string>> {
    std::vector<std::string> rows;
    std::string start;
    do {
      std::string body;
      const std::string from =
          start.empty() ? start : fmt::format(R"(,"ExclusiveStartKey":{})", start);
      if (!co_await ask(0, "Scan", fmt::format(R"({{"TableName":"{}"{}{}}})", kTable, index, from),
                        &body))
        co_return rows;
      const auto page = items_of_answer(body);
      if (!page) co_return rows;
      for (const FlatItem& item : page->items)
        if (item.contains("group"))
          rows.push_back(item.at("id") + ":" + item.at("group") + ":" + item.at("tag"));
      start = page->last_evaluated_key;
    } while (!start.empty());
    std::sort(rows.begin(), rows.end());
    co_return rows;
  };
  const auto index_is = [&](std::string_view status) -> Task<void> {
    while (wrong_.empty()) {
      std::string body;
      (void)co_await ask(0, "DescribeTable", fmt::format(R"({{"TableName":"{}"}})", kTable), &body);
      const std::size_t at = body.find(R"("IndexStatus":")");
      if (status.empty()
              ? at == std::string::npos
              : at != std::string::npos && body.compare(at + 15, status.size(), status) == 0)
        co_return;
      co_await SleepUntil(clock_.steady_us() + 2000);
    }
  };
  const auto manage = [&]() -> Task<void> {
    const std::string head = fmt::format(
        R"({{"TableName":"{}","AttributeDefinitions":[{{"AttributeName":"group","AttributeType":"S"}}],"GlobalSecondaryIndexUpdates":[)",
        kTable);
    for (; rounds < kRounds; ++rounds) {
      building = true;
      (void)co_await ask(
          0, "UpdateTable",
          head +
              R"({"Create":{"IndexName":"by-group","KeySchema":[{"AttributeName":"group","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]})",
          nullptr);
      co_await index_is("ACTIVE");
      building = false;
      // All stand still while the two are compared.
      co_await stand();
      const std::vector<std::string> items = co_await all_of("");
      const std::vector<std::string> index = co_await all_of(R"(,"IndexName":"by-group")");
      if (items.empty() || items != index)
        complain(fmt::format("{} items have the attribute, the index has {} rows, or other ones",
                             items.size(), index.size()));
      if (rounds + 1 < kRounds) {
        (void)co_await ask(
            0, "UpdateTable",
            fmt::format(
                R"({{"TableName":"{}","GlobalSecondaryIndexUpdates":[{{"Delete":{{"IndexName":"by-group"}}}}]}})",
                kTable),
            nullptr);
        co_await index_is("");
      }
      co_await stand();
    }
  };
  const auto keep_writing = [&](std::size_t racer) -> Task<void> {
    SeededRandom random(racer + 100);
    for (int round = 0; round < kRounds; ++round) {
      // Until the manager is at the turnstile, or gave up.
      do {
        co_await write(racer, random);
      } while (building || rounds < round);
      co_await stand();
      co_await stand();
    }
  };
  run([&](std::size_t racer) -> Task<void> { return racer == 0 ? manage() : keep_writing(racer); });
  EXPECT_EQ(wrong_, "");
  EXPECT_EQ(rounds, kRounds);
  EXPECT_GT(while_built, kRounds);
  fmt::print(
      "race: {} times an index added over {} items, exact after {} writes, {} while it was built\n",
      rounds, kItems, written, while_built);
}

}  // namespace
}  // namespace dyad::proof
