#include "store/rados/commit_plan.h"

#include <gtest/gtest.h>

// Which transactions of a batch may become durable apart.

namespace dyad::store::rados {
namespace {

constexpr std::size_t kMany = 1u << 20;

class Batch {
 public:
  /// A transaction that puts a row into each of `homes` and has read what is pending up to the
  /// one at `depends_on` (zero: nothing).
  void add(std::vector<HomeId> homes, std::uint64_t depends_on = 0) {
    WriteSet set(PartitionMap::of({}));
    auto tx = std::make_shared<OrderedTransaction>(std::move(set), Timestamp(depends_on), done_);
    tx->timestamp = Timestamp(transactions_.size() + 1);
    for (const HomeId home : homes) {
      RowWrite row;
      row.key = physical_key(PartitionId(home), "\x01k");
      row.value = std::to_string(transactions_.size());
      tx->rows.push_back(std::move(row));
    }
    transactions_.push_back(std::move(tx));
  }
  CommitPlan plan(std::size_t max_alone_bytes = kMany) {
    CommitBatch batch;
    batch.transactions = transactions_;
    batch.upto = batch.ceiling = Timestamp(transactions_.size());
    Records records;
    return plan_commit(batch, records, max_alone_bytes);
  }

 private:
  Completion<Result<>> done_;
  std::vector<std::shared_ptr<OrderedTransaction>> transactions_;
};

std::string homes(const std::map<HomeId, HomeWrite>& writes) {
  std::string text;
  for (const auto& [home, write] : writes) text += std::to_string(home) + ' ';
  return text;
}

TEST(CommitPlan, WhatTouchesOneHomeIsAlone) {
  Batch batch;
  batch.add({1});
  batch.add({2});
  batch.add({1});
  const CommitPlan plan = batch.plan();
  EXPECT_EQ(homes(plan.alone), "1 2 ");
  EXPECT_TRUE(plan.together.empty());
  EXPECT_EQ(plan.alone.at(1).keys().at(row_key(physical_key(PartitionId(1), "\x01k"))), "2");
}

TEST(CommitPlan, WhatTouchesTwoIsTogetherWithAllThatTouchThem) {
  Batch batch;
  batch.add({1});
  batch.add({1, 2});
  batch.add({3});
  batch.add({2});
  const CommitPlan plan = batch.plan();
  EXPECT_EQ(homes(plan.alone), "3 ");
  EXPECT_EQ(homes(plan.together), "1 2 ");
}

// The second has read what the first wrote: kept without it, it would tell of what never was.
TEST(CommitPlan, WhatHasReadTheOtherIsNotKeptWithoutIt) {
  Batch batch;
  batch.add({1});
  batch.add({2}, 1);
  batch.add({3});
  const CommitPlan plan = batch.plan();
  EXPECT_EQ(homes(plan.alone), "3 ");
  EXPECT_EQ(homes(plan.together), "1 2 ");
}

TEST(CommitPlan, WhatIsTooLargeForOneOperationGoesByIntents) {
  Batch batch;
  batch.add({1});
  const CommitPlan plan = batch.plan(4);
  EXPECT_TRUE(plan.alone.empty());
  EXPECT_EQ(homes(plan.together), "1 ");
}

TEST(HomeWrite, PiecesAreTheWholeInOrder) {
  HomeWrite write;
  for (int i = 0; i < 20; ++i) write.put("rkey" + std::to_string(i), std::string(100, 'v'));
  write.erase("rgone");
  for (int i = 0; i < 20; ++i) write.append(PartitionId(1), Timestamp(i + 1), std::string(50, 'e'));
  std::string log;
  const std::vector<HomeWrite> pieces = write.pieces(300);
  EXPECT_GT(pieces.size(), 8u);
  std::map<std::string, std::optional<std::string>> keys;
  for (const HomeWrite& piece : pieces) {
    EXPECT_LE(piece.bytes(), 300u + 120u);
    const std::optional<HomeWrite> stored = HomeWrite::decode(piece.encode());
    ASSERT_TRUE(stored);
    for (const auto& [key, value] : stored->keys()) keys[key] = value;
    log += stored->log();
  }
  EXPECT_EQ(keys, write.keys());
  EXPECT_EQ(log, write.log());
  const std::string bytes = write.encode();
  EXPECT_FALSE(HomeWrite::decode(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

}  // namespace
}  // namespace dyad::store::rados
