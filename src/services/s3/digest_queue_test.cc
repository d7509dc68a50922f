#include "services/s3/digest_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crypto/md5_lanes.h"
#include "runtime/all_of.h"
#include "runtime/reactor.h"
#include "runtime/simulation.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "runtime/thread_worker_pool.h"

namespace dyad::s3 {
namespace {

std::string pattern(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

Task<void> wait_for(std::optional<DigestQueue::Piece>& piece) {
  if (!piece) co_return;
  Completion<bool>& done = piece->done;
  co_await done;
  piece.reset();
}

/// Hands `bytes` over in pieces of up to three parts, up to two of which wait at a time.
Task<Result<std::string>> digest_of(DigestQueue& queue, std::string bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  DigestQueue::Stream stream(queue);
  std::array<std::optional<DigestQueue::Piece>, 2> pieces;
  std::array<std::array<std::string_view, 3>, 2> parts;
  std::string_view rest = bytes;
  bool refused = false;
  for (std::size_t turn = 0; !rest.empty() && !refused; ++turn) {
    std::optional<DigestQueue::Piece>& piece = pieces[turn % 2];
    co_await wait_for(piece);
    const std::size_t count = 1 + random() % 3;
    for (std::string_view& part : std::span(parts[turn % 2]).first(count)) {
      part = rest.substr(0, 1 + random() % 5000);
      rest.remove_prefix(part.size());
    }
    piece.emplace();
    piece->parts = std::span<const std::string_view>(parts[turn % 2]).first(count);
    refused = !stream.add(*piece);
    if (refused) piece.reset();
  }
  for (std::optional<DigestQueue::Piece>& piece : pieces) co_await wait_for(piece);
  if (refused) co_return fail(ErrorCode::overloaded, "refused");
  co_return std::string(crypto::as_view(stream.finish()));
}

Task<int> check_streams(DigestQueue& queue, std::size_t streams) {
  std::vector<std::string> messages;
  std::vector<Task<Result<std::string>>> tasks;
  for (std::size_t i = 0; i < streams; ++i) {
    messages.push_back(pattern(10'000 + 3000 * i, i));
    tasks.push_back(digest_of(queue, messages.back(), i));
  }
  const std::vector<Result<std::string>> digests = co_await all_of(std::move(tasks));
  int right = 0;
  for (std::size_t i = 0; i < streams; ++i)
    if (digests[i] && *digests[i] == crypto::as_view(crypto::md5(messages[i]))) ++right;
  co_return right;
}

constexpr std::size_t kCounts[] = {1, 2, 3, 8, 16, 40};

TEST(DigestQueue, StreamsGetTheDigestsTheyGetAlone) {
  for (const std::size_t streams : kCounts) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Simulation simulation(seed);
      DigestQueue queue(simulation.workers());
      ASSERT_EQ(simulation.run_until(check_streams(queue, streams)), static_cast<int>(streams));
    }
  }
}

TEST(DigestQueue, OnThreads) {
  for (const std::size_t streams : kCounts) {
    ThreadWorkerPool workers("digest", {.threads = 4});
    DigestQueue queue(workers);
    SystemClock clock;
    Reactor reactor(clock, "test");
    ASSERT_EQ(sync_wait(reactor, check_streams(queue, streams)), static_cast<int>(streams));
  }
}

/// Keeps jobs until they are asked for.
class HeldWorkers final : public WorkerPool {
 public:
  explicit HeldWorkers(std::size_t limit) : limit_(limit) {}
  bool submit(std::function<void()> job) override {
    if (jobs_.size() == limit_) return false;
    jobs_.push_back(std::move(job));
    return true;
  }
  std::size_t waiting() const { return jobs_.size(); }
  void set_limit(std::size_t limit) { limit_ = limit; }
  void run_one() {
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
  }

 private:
  std::size_t limit_;
  std::deque<std::function<void()>> jobs_;
};

struct OnePiece {
  explicit OnePiece(DigestQueue& queue) : stream(queue) { piece.parts = {&text, 1}; }
  DigestQueue::Stream stream;
  std::string_view text = "abc";
  DigestQueue::Piece piece;
};

TEST(DigestQueue, TakesFewJobsAndManyStreamsAtOnce) {
  HeldWorkers workers(100);
  DigestQueue queue(workers);
  std::deque<OnePiece> pieces;
  constexpr std::size_t streams = 3 * crypto::kMaxMd5Lanes;
  for (std::size_t i = 0; i < streams; ++i)
    ASSERT_TRUE(pieces.emplace_back(queue).stream.add(pieces.back().piece));
  EXPECT_LE(workers.waiting(), DigestQueue::kMaxJobs);
  std::size_t runs = 0;
  for (; workers.waiting() > 0; ++runs) {
    workers.run_one();
    EXPECT_LE(workers.waiting(), DigestQueue::kMaxJobs);
  }
  const bool lanes = crypto::md5_lanes_worth() < streams;
  EXPECT_LE(runs, lanes ? 5u : streams + DigestQueue::kMaxJobs);
  for (OnePiece& one : pieces) {
    ASSERT_TRUE(one.piece.done.is_set());
    EXPECT_EQ(one.stream.finish(), crypto::md5("abc"));
  }
}

TEST(DigestQueue, RefusesWhatAFullPoolDoesNotTake) {
  HeldWorkers workers(0);
  DigestQueue queue(workers);
  OnePiece one(queue);
  EXPECT_FALSE(one.stream.add(one.piece));
  // With one job in the pool, what is taken is done, also when the pool refuses all others.
  workers.set_limit(1);
  std::deque<OnePiece> pieces;
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(pieces.emplace_back(queue).stream.add(pieces.back().piece));
  workers.set_limit(0);
  workers.run_one();
  EXPECT_EQ(workers.waiting(), 0u);
  for (OnePiece& done : pieces) EXPECT_TRUE(done.piece.done.is_set());
}

}  // namespace
}  // namespace dyad::s3
