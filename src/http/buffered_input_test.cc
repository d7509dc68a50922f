#include "http/buffered_input.h"

#include <gtest/gtest.h>

#include "http/test_stream.h"
#include "runtime/simulation.h"

namespace dyad::http {
namespace {

constexpr std::size_t kMaxBytes = 20 * 1024;

class BufferedInputTest : public testing::Test {
 protected:
  /// What a read brings when so much waits in the stream.
  std::size_t fill_from(std::size_t bytes) {
    EXPECT_TRUE(simulation.run_until(send(std::string(bytes, 'x'))));
    const Result<std::size_t> came = fill();
    return came ? *came : 0;
  }
  Result<std::size_t> fill() { return simulation.run_until(input.fill(Deadline::never())); }
  void use_all() { input.consume(input.buffered().size()); }

  Task<Result<>> send(std::string bytes) {
    const std::string_view pieces[] = {bytes};
    co_return co_await ends.second->write(pieces, Deadline::never());
  }

  Simulation simulation{1};
  MemoryBudget budget{kMaxBytes};
  LocalBudget local{budget};
  BudgetShare share{local};
  std::pair<std::unique_ptr<TestStream>, std::unique_ptr<TestStream>> ends = TestStream::pair();
  BufferedInput input{*ends.first, kMaxBytes, &share};
};

TEST_F(BufferedInputTest, BeginsSmallAndRemembersThatMoreComes) {
  EXPECT_EQ(fill_from(100), 100u);
  use_all();
  EXPECT_EQ(share.held_bytes(), 0u);
  // Too much for the first bytes; from now on it comes at once.
  EXPECT_EQ(fill_from(5000), BufferedInput::kFirstBytes);
  use_all();
  EXPECT_EQ(fill_from(4000), 5000 - BufferedInput::kFirstBytes + 4000);
  EXPECT_EQ(share.held_bytes(), BufferedInput::kKeptBytes - BufferedInput::kFirstBytes);
  use_all();
  input.shrink();
  EXPECT_EQ(fill_from(5000), 5000u);
}

TEST_F(BufferedInputTest, GrowsToItsLimitAndGivesBack) {
  EXPECT_TRUE(simulation.run_until(send(std::string(2 * kMaxBytes, 'x'))));
  while (input.buffered().size() < kMaxBytes) ASSERT_TRUE(fill());
  EXPECT_EQ(share.held_bytes(), kMaxBytes - BufferedInput::kFirstBytes);
  const Result<std::size_t> more = fill();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::too_large);
  input.shrink();
  EXPECT_EQ(input.buffered().size(), kMaxBytes);
  use_all();
  input.shrink();
  EXPECT_EQ(share.held_bytes(), 0u);
  EXPECT_EQ(fill().value_or(0), BufferedInput::kFirstBytes);
}

TEST_F(BufferedInputTest, WithoutMemoryItTakesLessAtATimeOrIsOverloaded) {
  BudgetShare others(local);
  ASSERT_TRUE(others.add(kMaxBytes));
  EXPECT_EQ(fill_from(10'000), BufferedInput::kFirstBytes);
  use_all();
  EXPECT_EQ(fill().value_or(0), BufferedInput::kFirstBytes);
  EXPECT_EQ(share.held_bytes(), 0u);
  const Result<std::size_t> more = fill();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::overloaded);
  others.give_back(kMaxBytes);
  EXPECT_EQ(fill().value_or(0), 10'000 - 2 * BufferedInput::kFirstBytes);
  EXPECT_EQ(input.buffered().size(), 10'000 - BufferedInput::kFirstBytes);
}

}  // namespace
}  // namespace dyad::http
