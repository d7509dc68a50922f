// Many connections that try to make one object, or one item, at the same moment: exactly one does.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "runtime/seeds.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/support/answers.h"
#include "test/support/aws_client.h"
#include "test/support/crowd.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"
#include "test/support/turnstile.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kRacers = 32;
constexpr int kRounds = 1000;
constexpr std::int64_t kTimeoutMs = 20'000;

/// What one round's answers were.
struct Round {
  int won = 0;
  int lost = 0;
  std::size_t winner = 0;
  std::string other;  ///< An answer that is neither.
};

class RaceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started =
        ServerProcess::start(DYAD_PROGRAM, directory_.path() + "/data", directory_.path() + "/log");
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = std::move(*started);
    const auto address = server_->wait_for_address(kTimeoutMs);
    ASSERT_TRUE(address) << address.error().to_string();
    for (std::size_t i = 0; i < kRacers; ++i)
      clients_.push_back(std::make_unique<AwsClient>(reactor_, clock_, *address));
  }

  void note(Round& round, std::size_t racer, const Result<Answer>& answer, int loser_status,
            std::string_view loser_code) {
    if (answer && answer->ok()) {
      ++round.won;
      round.winner = racer;
    } else if (answer && answer->status == loser_status &&
               answer->body.find(loser_code) != std::string::npos) {
      ++round.lost;
    } else {
      round.other =
          answer ? fmt::format("{} {}", answer->status, answer->body) : answer.error().to_string();
    }
  }

  Task<void> race_for_objects(std::size_t racer) {
    for (int n = 0; n < kRounds; ++n) {
      co_await turnstile_;
      AwsClient::Headers headers;
      headers.emplace_back("if-none-match", "*");
      const std::string body = fmt::format("racer {}", racer);
      const auto answer = co_await clients_[racer]->s3("PUT", fmt::format("/race/round-{}", n),
                                                       std::move(headers), body);
      note(rounds_[n], racer, answer, 412, "PreconditionFailed");
    }
  }
  Task<void> race_for_items(std::size_t racer) {
    for (int n = 0; n < kRounds; ++n) {
      co_await turnstile_;
      const auto answer = co_await clients_[racer]->dynamodb(
          "PutItem",
          fmt::format(
              R"j({{"TableName":"race","Item":{{"id":{{"S":"round-{}"}},"racer":{{"N":"{}"}}}},"ConditionExpression":"attribute_not_exists(id)"}})j",
              n, racer));
      note(rounds_[n], racer, answer, 400, "ConditionalCheckFailedException");
    }
  }

  template <class Racer>
  void run(Racer racer) {
    const auto all = [&]() -> Task<void> {
      std::vector<Task<void>> tasks;
      for (std::size_t i = 0; i < kRacers; ++i) tasks.push_back(racer(i));
      co_await run_together(std::move(tasks));
    };
    sync_wait(reactor_, all());
  }
  void expect_one_winner_each(const char* what) {
    std::array<int, kRacers> wins{};
    for (int n = 0; n < kRounds; ++n) {
      const Round& round = rounds_[n];
      ASSERT_EQ(round.other, "") << what << ", round " << n;
      ASSERT_EQ(round.won, 1) << what << ", round " << n;
      ASSERT_EQ(round.lost, static_cast<int>(kRacers) - 1) << what << ", round " << n;
      ++wins[round.winner];
    }
    int winners = 0;
    for (const int count : wins) winners += count > 0 ? 1 : 0;
    // Else it was no race.
    EXPECT_GT(winners, 1);
    fmt::print(
        "race: {}: {} rounds of {} creators, one winner each, {} different ones, {} refused\n",
        what, kRounds, kRacers, winners, kRounds * (kRacers - 1));
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "racers"};
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<std::unique_ptr<AwsClient>> clients_;
  Turnstile turnstile_{kRacers};
  std::vector<Round> rounds_ = std::vector<Round>(kRounds);
};

TEST_F(RaceTest, OneCreatorOfAnObjectWins) {
  const auto make = [this]() -> Task<bool> {
    AwsClient::Headers headers;
    const auto made = co_await clients_[0]->s3("PUT", "/race", std::move(headers), {});
    co_return made && made->ok();
  };
  ASSERT_TRUE(sync_wait(reactor_, make()));
  run([this](std::size_t racer) { return race_for_objects(racer); });
  expect_one_winner_each("objects");
  const auto compare = [this]() -> Task<std::string> {
    for (int n = 0; n < kRounds; ++n) {
      AwsClient::Headers headers;
      const auto found =
          co_await clients_[0]->s3("GET", fmt::format("/race/round-{}", n), std::move(headers), {});
      if (!found) co_return found.error().to_string();
      if (found->body != fmt::format("racer {}", rounds_[n].winner))
        co_return fmt::format("round {} holds '{}'", n, found->body);
    }
    co_return "";
  };
  EXPECT_EQ(sync_wait(reactor_, compare()), "");
}

TEST_F(RaceTest, OneCreatorOfAnItemWins) {
  const auto make = [this]() -> Task<bool> {
    const auto made = co_await clients_[0]->dynamodb(
        "CreateTable",
        R"({"TableName":"race","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})");
    co_return made && made->ok();
  };
  ASSERT_TRUE(sync_wait(reactor_, make()));
  run([this](std::size_t racer) { return race_for_items(racer); });
  expect_one_winner_each("items");
  const auto compare = [this]() -> Task<std::string> {
    for (int n = 0; n < kRounds; ++n) {
      const auto found = co_await clients_[0]->dynamodb(
          "GetItem", fmt::format(R"({{"TableName":"race","Key":{{"id":{{"S":"round-{}"}}}}}})", n));
      if (!found) co_return found.error().to_string();
      const auto item = item_of_answer(found->body);
      if (!item || !*item || (*item)->at("racer") != std::to_string(rounds_[n].winner))
        co_return fmt::format("round {} holds '{}'", n, found->body);
    }
    co_return "";
  };
  EXPECT_EQ(sync_wait(reactor_, compare()), "");
}

}  // namespace
}  // namespace dyad::proof
