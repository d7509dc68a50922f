// A server that is killed again and again while many connections write: what it acknowledged is
// there and whole, the rest is whole or absent, pairs and indexes agree, and nothing is left over:
// objects, uploads in parts, copies, items, batches, transactions over both, an index that comes
// and goes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "runtime/seeds.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/crash/cells.h"
#include "test/support/crowd.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"
#include "test/support/wire_objects.h"

namespace dyad::proof {
namespace {

constexpr int kRounds = 30;
constexpr std::size_t kWriters = 40;
constexpr int kVerifyEvery = 6;
constexpr std::int64_t kStartTimeoutMs = 20'000;
constexpr std::int64_t kVerifyTimeoutMs = 60'000;
/// A round ends when so many writes were acknowledged, or never reached that in this time.
constexpr std::uint64_t kMaxWritesOfARound = 1500;
constexpr std::int64_t kRoundLimitMs = 5'000;
constexpr std::size_t kMinPartBytes = 5u << 20;

/// One connection's cells; no other writes them.
struct Writer {
  std::vector<std::unique_ptr<Cell>> cells;
  std::unique_ptr<SeededRandom> random;
};

class CrashTest : public testing::Test {
 protected:
  CrashTest() : seed_(seed_from_environment(SystemClock().wall_ms() % 1'000'000)), random_(seed_) {
    fmt::print("crash: seed {}: DYAD_SEED={} makes the same choices\n", seed_, seed_);
    make_key_cells();
    for (std::size_t i = 0; i < kWriters; ++i) {
      Writer& writer = writers_.emplace_back();
      writer.random = std::make_unique<SeededRandom>(random_.next_u64());
      for (int k = 0; k < 3; ++k)
        writer.cells.push_back(make_object_cell(oracle_, fmt::format("w{}-{}", i, k)));
      for (int k = 0; k < 3; ++k)
        writer.cells.push_back(make_item_cell(oracle_, fmt::format("w{}-{}", i, k)));
      writer.cells.push_back(make_pair_cell(oracle_, fmt::format("p{}", i)));
      for (std::size_t k = 0; k < 2; ++k)
        writer.cells.push_back(make_upload_cell(oracle_, *key_cells_[2 * i + k]));
      writer.cells.push_back(make_batch_cell(oracle_, fmt::format("b{}", i)));
      writer.cells.push_back(make_deletes_cell(oracle_, fmt::format("d{}", i)));
      if (i == 0) writer.cells.push_back(make_index_cell(oracle_, clock_));
    }
  }

  /// Two a writer; the second one copies from the first one of the next writer.
  void make_key_cells() {
    KeyCell::Options options;
    options.min_part_bytes = kMinPartBytes;
    options.sizes = {120, 3000, 90'000};
    options.large_bytes = kMinPartBytes;
    for (std::size_t i = 0; i < 2 * kWriters; ++i)
      key_cells_.push_back(std::make_unique<KeyCell>(fmt::format("u{}", i), options, keys_));
    for (std::size_t i = 0; i < kWriters; ++i)
      key_cells_[2 * i + 1]->copy_from(*key_cells_[2 * ((i + 1) % kWriters)]);
  }

  std::string data() const { return directory_.path() + "/data"; }
  std::string server_log() const { return directory_.path() + "/log"; }
  std::string tail_of_log() const {
    std::ifstream file(server_log());
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return all.substr(all.size() - std::min<std::size_t>(all.size(), 3000));
  }

  void start() {
    auto started = ServerProcess::start(DYAD_PROGRAM, data(), server_log());
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = std::move(*started);
    const auto address = server_->wait_for_address(kStartTimeoutMs);
    ASSERT_TRUE(address) << address.error().to_string() << "\n" << tail_of_log();
    address_ = *address;
  }

  void make_bucket_and_table() {
    const auto make = [this]() -> Task<std::string> {
      AwsClient client(reactor_, clock_, address_);
      AwsClient::Headers headers;
      const auto bucket = co_await client.s3("PUT", "/" + std::string(kBucket), headers, {});
      if (!bucket || !bucket->ok())
        co_return "CreateBucket: " + (bucket ? bucket->body : bucket.error().to_string());
      const auto table = co_await client.dynamodb(
          "CreateTable",
          fmt::format(
              R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST","KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],"AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}},{{"AttributeName":"group","AttributeType":"S"}},{{"AttributeName":"version","AttributeType":"N"}}],"GlobalSecondaryIndexes":[{{"IndexName":"{}","KeySchema":[{{"AttributeName":"group","KeyType":"HASH"}},{{"AttributeName":"version","KeyType":"RANGE"}}],"Projection":{{"ProjectionType":"ALL"}}}}]}})",
              kTable, kIndex));
      if (!table || !table->ok())
        co_return "CreateTable: " + (table ? table->body : table.error().to_string());
      co_return co_await put_fillers(client);
    };
    ASSERT_EQ(sync_wait(reactor_, make()), "");
  }

  static int filler_group(int number) { return number % kGroups; }
  static Task<std::string> put_fillers(AwsClient& client) {
    constexpr int kBatch = 25;
    for (int first = 0; first < kFillers; first += kBatch) {
      std::string requests;
      for (int i = first; i < first + kBatch; ++i)
        requests += fmt::format(R"({}{{"PutRequest":{{"Item":{}}}}})", i == first ? "" : ",",
                                item_json(filler_id(i), 1, filler_group(i)));
      const auto put = co_await client.dynamodb(
          "BatchWriteItem", fmt::format(R"({{"RequestItems":{{"{}":[{}]}}}})", kTable, requests));
      if (!put || !put->ok() || put->body.find(R"("UnprocessedItems":{})") == std::string::npos)
        co_return "BatchWriteItem: " + (put ? put->body : put.error().to_string());
    }
    co_return "";
  }

  /// Writes until the connection breaks.
  Task<void> write_on(Writer& writer) {
    AwsClient client(reactor_, clock_, address_);
    while (true) {
      Cell& cell = *writer.cells[writer.random->below(writer.cells.size())];
      const Outcome outcome = co_await cell.write(client, *writer.random);
      if (outcome == Outcome::acknowledged) acknowledged_.fetch_add(1);
      if (outcome == Outcome::wrong) wrong_ = cell.complaint();
      if (outcome == Outcome::unknown || outcome == Outcome::wrong) co_return;
    }
  }

  /// Writes from all connections until the server is killed among them.
  void write_and_kill() {
    const std::uint64_t enough = acknowledged_.load() + random_.below(kMaxWritesOfARound);
    const auto extra = std::chrono::microseconds(random_.below(3000));
    const auto writing = [this]() -> Task<void> {
      std::vector<Task<void>> tasks;
      for (Writer& writer : writers_) tasks.push_back(write_on(writer));
      co_await run_together(std::move(tasks));
    };
    std::thread killer([&] {
      const std::int64_t limit_us = clock_.steady_us() + kRoundLimitMs * 1000;
      while (acknowledged_.load() < enough && clock_.steady_us() < limit_us)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      std::this_thread::sleep_for(extra);
      server_->kill();
    });
    sync_wait(reactor_, writing());
    killer.join();
    server_.reset();
  }

  /// Now and then the server dies while it recovers, too.
  void kill_at_start() {
    while (random_.below(3) == 0) {
      auto started = ServerProcess::start(DYAD_PROGRAM, data(), server_log());
      ASSERT_TRUE(started) << started.error().to_string();
      std::this_thread::sleep_for(std::chrono::microseconds(random_.below(120'000)));
      (*started)->kill();
      ++killed_at_start_;
    }
  }

  Task<void> check_cells(Writer& writer) {
    AwsClient client(reactor_, clock_, address_);
    for (const std::unique_ptr<Cell>& cell : writer.cells) {
      const std::string wrong = co_await cell->check(client);
      if (!wrong.empty()) damages_.push_back(wrong);
    }
  }

  Task<void> check_indexes() {
    std::vector<std::string> expected;
    for (int i = 0; i < kFillers; ++i)
      expected.push_back(fmt::format("{}:1g{}", filler_id(i), filler_group(i)));
    for (Writer& writer : writers_)
      for (const std::unique_ptr<Cell>& cell : writer.cells) cell->add_index_entries(expected);
    std::sort(expected.begin(), expected.end());
    co_await check_index(kIndex, expected);
    const bool late = oracle_.state(kLateIndex) == "there";
    if (late) co_await check_index(kLateIndex, expected);
    if (late) ++late_indexes_;
  }
  Task<void> check_index(std::string index, const std::vector<std::string>& expected) {
    AwsClient client(reactor_, clock_, address_);
    const auto found = co_await read_whole_index(client, index);
    if (!found) {
      damages_.push_back("index " + index + ": " + found.error().to_string());
    } else if (*found != expected) {
      std::vector<std::string> missing;
      std::set_symmetric_difference(found->begin(), found->end(), expected.begin(), expected.end(),
                                    std::back_inserter(missing));
      damages_.push_back(fmt::format("index {} is not what the items say: {} entries, {} items, {}",
                                     index, found->size(), expected.size(), missing.front()));
    }
  }

  void check_all() {
    const auto checking = [this]() -> Task<void> {
      std::vector<Task<void>> tasks;
      for (Writer& writer : writers_) tasks.push_back(check_cells(writer));
      co_await run_together(std::move(tasks));
      co_await check_indexes();
    };
    sync_wait(reactor_, checking());
    for (Writer& writer : writers_)
      for (const std::unique_ptr<Cell>& cell : writer.cells) {
        const std::string& state = cell->state();
        const std::size_t bar = state.find('|');
        if (bar != std::string::npos && state != "|0" &&
            state.substr(0, bar) != state.substr(bar + 1))
          damages_.push_back(cell->name() + ": half a transaction: " + state);
      }
  }

  /// Acknowledged parts can be completed, and then no upload is left.
  void finish_uploads() {
    const auto finishing = [this]() -> Task<void> {
      AwsClient client(reactor_, clock_, address_);
      WireObjects objects(client, kBucket);
      for (const std::unique_ptr<KeyCell>& cell : key_cells_) {
        const std::string wrong = co_await cell->finish(objects);
        if (!wrong.empty()) damages_.push_back(wrong);
      }
    };
    sync_wait(reactor_, finishing());
  }

  void verify() {
    const auto outcome =
        run_program({DYAD_PROGRAM, "verify", "--offline", data()}, kVerifyTimeoutMs);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->exit_status, 0) << outcome->output;
    EXPECT_NE(outcome->output.find("content"), std::string::npos) << outcome->output;
    ++verified_;
  }

  std::string damages() const {
    std::string all;
    for (const std::string& one : damages_) all += one + "\n";
    return all;
  }

  const std::uint64_t seed_;
  SeededRandom random_;
  SystemClock clock_;
  Reactor reactor_{clock_, "writers"};
  TemporaryDirectory directory_;
  Oracle oracle_;
  KeyCounts keys_;
  std::vector<std::unique_ptr<KeyCell>> key_cells_;
  int late_indexes_ = 0;
  std::vector<Writer> writers_;
  std::unique_ptr<ServerProcess> server_;
  std::string address_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::string wrong_;
  std::vector<std::string> damages_;
  int killed_at_start_ = 0;
  int verified_ = 0;
};

TEST_F(CrashTest, WhatWasAcknowledgedIsThereAndTheRestIsWholeOrAbsent) {
  start();
  if (HasFatalFailure()) return;
  make_bucket_and_table();
  int round = 0;
  for (; round < kRounds && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {} of seed {}", round, seed_));
    write_and_kill();
    ASSERT_EQ(wrong_, "");
    kill_at_start();
    if (round % kVerifyEvery == kVerifyEvery - 1) verify();
    start();
    if (HasFatalFailure()) return;
    check_all();
    ASSERT_TRUE(damages_.empty()) << damages() << tail_of_log();
  }
  finish_uploads();
  ASSERT_TRUE(damages_.empty()) << damages() << tail_of_log();
  const auto stopped = server_->stop(kStartTimeoutMs);
  ASSERT_TRUE(stopped) << stopped.error().to_string();
  EXPECT_EQ(*stopped, 0) << tail_of_log();
  server_.reset();
  verify();
  const Oracle::Counts& counts = oracle_.counts();
  EXPECT_GT(counts.acknowledged, static_cast<std::size_t>(kRounds) * 50);
  EXPECT_GT(counts.found_done + counts.found_undone, static_cast<std::size_t>(kRounds));
  fmt::print(
      "crash: {} rounds and {} kills at a start, {} connections, {} acknowledged writes all found, "
      "unacknowledged: {} found whole, {} absent; verified {} times\n",
      round, killed_at_start_, kWriters, counts.acknowledged, counts.found_done,
      counts.found_undone, verified_);
  EXPECT_GT(keys_.parts, static_cast<std::uint64_t>(kRounds));
  EXPECT_GT(keys_.completed, static_cast<std::uint64_t>(kRounds));
  EXPECT_GT(keys_.copied, 0u);
  EXPECT_GT(keys_.aborted, 0u);
  EXPECT_GT(late_indexes_, 0);
  fmt::print(
      "crash: uploads in parts: {} acknowledged steps, {} parts, {} completed, {} aborted, {} "
      "copies, unacknowledged: {} found whole, {} absent; an added index compared {} times\n",
      keys_.acknowledged, keys_.parts, keys_.completed, keys_.aborted, keys_.copied,
      keys_.found_done, keys_.found_undone, late_indexes_);
}

}  // namespace
}  // namespace dyad::proof
