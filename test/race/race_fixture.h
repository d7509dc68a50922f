#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/support/aws_client.h"
#include "test/support/crowd.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"
#include "test/support/turnstile.h"
#include "test/support/wire_objects.h"

namespace dyad::proof {

/// A server, and connections to it that do things at the same moment. Afterwards the data
/// directory is verified.
class RaceFixture : public testing::Test {
 protected:
  static constexpr std::int64_t kTimeoutMs = 20'000;

  explicit RaceFixture(std::size_t racers) : racers_(racers), turnstile_(racers) {}

  void SetUp() override {
    auto started = ServerProcess::start(DYAD_PROGRAM, data(), directory_.path() + "/log");
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = std::move(*started);
    const auto address = server_->wait_for_address(kTimeoutMs);
    ASSERT_TRUE(address) << address.error().to_string();
    for (std::size_t i = 0; i < racers_; ++i)
      clients_.push_back(std::make_unique<AwsClient>(reactor_, clock_, *address));
  }
  void TearDown() override {
    sync_wait(reactor_, leave());
    const auto stopped = server_->stop(kTimeoutMs);
    ASSERT_TRUE(stopped) << stopped.error().to_string();
    const auto verified = run_program({DYAD_PROGRAM, "verify", "--offline", data()}, kTimeoutMs);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->exit_status, 0) << verified->output;
  }

  /// A connection ends on the reactor that watches it.
  Task<void> leave() {
    clients_.clear();
    co_return;
  }

  std::string data() const { return directory_.path() + "/data"; }
  /// Waits until all racers stand here.
  Task<void> stand() { co_await turnstile_; }
  /// One coroutine each, at once. `racer` outlives them.
  void run(const std::function<Task<void>(std::size_t)>& racer) {
    const auto all = [&]() -> Task<void> {
      std::vector<Task<void>> tasks;
      for (std::size_t i = 0; i < racers_; ++i) tasks.push_back(racer(i));
      co_await run_together(std::move(tasks));
    };
    sync_wait(reactor_, all());
  }
  /// An answer of a request that must succeed; "" where it does not, and the test fails.
  std::string must(Task<Result<Answer>> request) {
    const Result<Answer> answer = sync_wait(reactor_, std::move(request));
    EXPECT_TRUE(answer) << answer.error().to_string();
    if (!answer) return {};
    EXPECT_TRUE(answer->ok()) << answer->status << " " << answer->body;
    return answer->body;
  }
  void make_bucket(const std::string& name) {
    AwsClient::Headers headers;
    must(clients_[0]->s3("PUT", "/" + name, std::move(headers), {}));
  }
  void make_table(const std::string& name) {
    must(clients_[0]->dynamodb(
        "CreateTable",
        fmt::format(
            R"({{"TableName":"{}","BillingMode":"PAY_PER_REQUEST","KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],"AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}}]}})",
            name)));
  }
  /// The first thing that was not as it must be; the rounds end.
  void complain(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  const std::size_t racers_;
  SystemClock clock_;
  Reactor reactor_{clock_, "racers"};
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<std::unique_ptr<AwsClient>> clients_;
  Turnstile turnstile_;
  std::string wrong_;
};

}  // namespace dyad::proof
