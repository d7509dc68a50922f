// Many connections that try to make one object, or one item, at the same moment: exactly one does.

#include <array>

#include "test/race/race_fixture.h"
#include "test/support/answers.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kRacers = 32;
constexpr int kRounds = 1000;

/// What one round's answers were.
struct Round {
  int won = 0;
  int lost = 0;
  std::size_t winner = 0;
  std::string other;  ///< An answer that is neither.
};

class RaceTest : public RaceFixture {
 protected:
  RaceTest() : RaceFixture(kRacers) {}

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
      co_await stand();
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
      co_await stand();
      const auto answer = co_await clients_[racer]->dynamodb(
          "PutItem",
          fmt::format(
              R"j({{"TableName":"race","Item":{{"id":{{"S":"round-{}"}},"racer":{{"N":"{}"}}}},"ConditionExpression":"attribute_not_exists(id)"}})j",
              n, racer));
      note(rounds_[n], racer, answer, 400, "ConditionalCheckFailedException");
    }
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

  std::vector<Round> rounds_ = std::vector<Round>(kRounds);
};

TEST_F(RaceTest, OneCreatorOfAnObjectWins) {
  make_bucket("race");
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
  make_table("race");
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
