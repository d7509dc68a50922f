#include "store/commit_line.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"
#include "store/memory/memory_store.h"
#include "store/sequencer.h"

namespace dyad::store {
namespace {

constexpr std::int64_t kCommitUs = 100'000;

/// A store whose commits take long, so that transactions wait for the committer.
class CommitLineTest : public ::testing::Test {
 protected:
  CommitLineTest() {
    MemoryOptions options;
    options.commit_delay_us = kCommitUs;
    options.commit_line = line_;
    options.flush = [this]() -> Result<> {
      if (broken_) return fail(ErrorCode::io_error, "the flush failed");
      return {};
    };
    store_ = make_memory_store(simulation_, options);
  }
  ~CommitLineTest() override { (void)simulation_.run_until(store_->close()); }

  Task<void> write(std::size_t bytes) {
    const std::string key = "\x01" + std::to_string(++written_);
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      co_return tx.put(kCatalogPartition, key, std::string(bytes, 'v'));
    };
    (void)co_await store_->transact({}, body, Deadline::never());
    ++over_;
  }
  void begin(std::size_t transactions, std::size_t bytes = 1) {
    for (std::size_t i = 0; i < transactions; ++i) simulation_.executor().spawn(write(bytes));
  }
  Task<void> pass(std::int64_t us) { co_await SleepUntil(now_us() + us); }
  std::int64_t now_us() { return simulation_.clock().steady_us(); }
  CommitLine::Look look() { return line_->look(now_us()); }

  Simulation simulation_{1};
  std::shared_ptr<CommitLine> line_ = std::make_shared<CommitLine>();
  bool broken_ = false;
  std::unique_ptr<Store> store_;
  std::size_t written_ = 0;
  std::size_t over_ = 0;
};

TEST_F(CommitLineTest, IsWhatTheNextBatchDoesNotTake) {
  const auto run = [&]() -> Task<void> {
    EXPECT_EQ(look().transactions, 0u);
    begin(1);
    co_await pass(1000);
    begin(kMaxBatchTransactions);
    co_await pass(20'000);
    EXPECT_EQ(look().waited_us, 0) << "they go with the next batch";
    begin(kMaxBatchTransactions + 10);
    co_await pass(30'000);
    EXPECT_EQ(look().transactions, 2 * kMaxBatchTransactions + 10);
    EXPECT_GE(look().waited_us, 29'000);
    EXPECT_LE(look().waited_us, 31'000);
    // The first batch is over, the second is under way: ten are left that the third cannot take.
    co_await pass(kCommitUs);
    EXPECT_EQ(look().transactions, kMaxBatchTransactions + 10);
    EXPECT_GE(look().waited_us, kCommitUs);
    EXPECT_LE(look().waited_us, kCommitUs + 31'000);
    co_await pass(kCommitUs);
    EXPECT_EQ(look().waited_us, 0);
    EXPECT_EQ(look().transactions, 0u);
    co_await pass(2 * kCommitUs);
    EXPECT_EQ(over_, written_);
  };
  simulation_.run_until(run());
}

TEST_F(CommitLineTest, IsOfBytesToo) {
  constexpr std::size_t kLarge = 1u << 20;
  const auto run = [&]() -> Task<void> {
    begin(1);
    co_await pass(1000);
    begin(kMaxBatchBytes / kLarge - 1, kLarge);
    co_await pass(1000);
    EXPECT_EQ(look().transactions, 0u);
    begin(3, kLarge);
    co_await pass(1000);
    EXPECT_EQ(look().transactions, kMaxBatchBytes / kLarge + 2);
    co_await pass(kCommitUs);
    EXPECT_EQ(look().transactions, 0u);
    co_await pass(2 * kCommitUs);
    EXPECT_EQ(over_, written_);
  };
  simulation_.run_until(run());
}

TEST_F(CommitLineTest, IsGoneWhereTheStoreFails) {
  const auto run = [&]() -> Task<void> {
    broken_ = true;
    begin(1);
    co_await pass(1000);
    begin(3 * kMaxBatchTransactions);
    co_await pass(1000);
    EXPECT_GT(look().transactions, 0u);
    co_await pass(kCommitUs);
    EXPECT_EQ(look().transactions, 0u);
    EXPECT_EQ(over_, written_);
  };
  simulation_.run_until(run());
}

}  // namespace
}  // namespace dyad::store
