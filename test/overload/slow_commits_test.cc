#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gateway/admission.h"
#include "runtime/simulation.h"
#include "store/commit_line.h"
#include "store/memory/memory_store.h"
#include "store/sequencer.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMaxWaitUs = 50'000;

/// A disk that takes long for each commit, in virtual time: the reactor has nothing to do, and what
/// comes waits for the committer. The store and the door are those of a server.
class SlowCommits : public testing::TestWithParam<std::int64_t> {
 protected:
  struct Served {
    std::int64_t came_us;
    std::int64_t took_us;
  };

  void open(std::int64_t max_wait_us) {
    store::MemoryOptions options;
    options.commit_delay_us = commit_us_;
    options.commit_line = line_;
    store_ = store::make_memory_store(simulation_, options);
    door_ = std::make_unique<gateway::Admission>(
        max_wait_us, [this] { door_->probe_came(now_us(), now_us()); },
        [this](std::int64_t now_us) {
          const store::CommitLine::Look line = line_->look(now_us);
          return gateway::Admission::WriteLine{line.waited_us, line.transactions};
        });
  }
  void TearDown() override {
    const auto end = [&]() -> Task<Result<>> {
      while (served_.size() < taken_) co_await SleepUntil(now_us() + commit_us_);
      co_return co_await store_->close();
    };
    EXPECT_TRUE(simulation_.run_until(end()));
  }

  std::int64_t now_us() { return simulation_.clock().steady_us(); }
  double capacity() const {
    return 1e6 * static_cast<double>(store::kMaxBatchTransactions) /
           static_cast<double>(commit_us_);
  }

  Task<void> write(std::size_t n) {
    const std::string key = "\x01" + std::to_string(n % 1000);
    const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.put(store::kCatalogPartition, key, "v");
    };
    const std::int64_t came_us = now_us();
    const auto commit = co_await store_->transact({}, body, Deadline::never());
    EXPECT_TRUE(commit) << commit.error().to_string();
    served_.push_back({came_us, now_us() - came_us});
  }

  /// Writes and reads in turns, whatever becomes of the ones before.
  void load(double times, std::int64_t duration_us) {
    const auto all = [&]() -> Task<void> {
      const double gap_us = 1e6 / (times * capacity());
      double next_us = static_cast<double>(now_us());
      const double end_us = next_us + static_cast<double>(duration_us);
      for (; next_us < end_us; next_us += gap_us) {
        co_await SleepUntil(static_cast<std::int64_t>(next_us));
        door_->request_came(now_us());
        if (door_->shedding() && door_->refuses(true, false)) ++reads_refused_;
        door_->request_came(now_us());
        if (door_->shedding() && door_->refuses(true, true))
          ++writes_refused_;
        else
          simulation_.executor().spawn(write(taken_++));
      }
    };
    simulation_.run_until(all());
  }

  std::vector<std::int64_t> took_since(std::int64_t from_us) const {
    std::vector<std::int64_t> took_us;
    for (const Served& one : served_)
      if (one.came_us >= from_us) took_us.push_back(one.took_us);
    std::ranges::sort(took_us);
    return took_us;
  }

  const std::int64_t commit_us_ = GetParam();
  Simulation simulation_{1};
  std::shared_ptr<store::CommitLine> line_ = std::make_shared<store::CommitLine>();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<gateway::Admission> door_;
  std::vector<Served> served_;
  std::size_t taken_ = 0;
  int writes_refused_ = 0;
  int reads_refused_ = 0;
};

TEST_P(SlowCommits, ShedWritesAndHoldTheLine) {
  open(kMaxWaitUs);
  load(0.8, 3 * kSecondUs);
  EXPECT_EQ(writes_refused_, 0) << "below the capacity";
  load(3, 3 * kSecondUs);
  EXPECT_GT(writes_refused_, 0);

  const std::int64_t from_us = now_us();
  const std::size_t served = served_.size();
  constexpr std::int64_t kHeldUs = 3 * kSecondUs;
  load(3, kHeldUs);
  const double rate =
      1e6 * static_cast<double>(served_.size() - served) / static_cast<double>(kHeldUs);
  const std::vector<std::int64_t> took_us = took_since(from_us);
  ASSERT_FALSE(took_us.empty());
  const std::int64_t p99_us = took_us[took_us.size() * 99 / 100];
  EXPECT_GT(rate, 0.85 * capacity());
  // The batch under way, its own, and the line's limit; what two batches more leave for the
  // controller to swing in.
  EXPECT_LT(p99_us, 4 * commit_us_ + 4 * kMaxWaitUs);
  EXPECT_EQ(reads_refused_, 0);

  load(0.5, 3 * kSecondUs);
  const int refused = writes_refused_;
  load(0.5, kSecondUs);
  EXPECT_EQ(writes_refused_, refused) << "the line is gone";
  fmt::print(
      "overload: commits of {} ms, three times the capacity: {:.2f} of it served, p99 {} ms, no "
      "read refused\n",
      commit_us_ / 1000, rate / capacity(), p99_us / 1000);
}

TEST_P(SlowCommits, WithoutADoorTheLineGrows) {
  open(0);
  load(2, 2 * kSecondUs);
  EXPECT_EQ(writes_refused_, 0);
  EXPECT_GT(line_->look(now_us()).waited_us, kSecondUs / 2);
}

INSTANTIATE_TEST_SUITE_P(EachDisk, SlowCommits, testing::Values(50'000, 300'000));

}  // namespace
}  // namespace dyad::proof
