#include "services/s3/short_digests.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/all_of.h"
#include "runtime/reactor.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad::s3 {
namespace {

std::string pattern(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

/// How many bodies of one that waited for others got a digest that is not theirs.
Task<int> digests_that_differ(std::vector<std::string> bodies) {
  std::vector<Task<int>> all;
  const auto differs = [](std::string_view body) -> Task<int> {
    crypto::Md5 alone;
    alone.update(body);
    co_return co_await short_md5(body) == alone.finish() ? 0 : 1;
  };
  for (const std::string& body : bodies) all.push_back(differs(body));
  int differing = 0;
  for (const int one : co_await all_of(std::move(all))) differing += one;
  co_return differing;
}

class ShortDigests : public testing::TestWithParam<int> {
 protected:
  SystemClock clock_;
  Reactor reactor_{clock_, "short-digests"};
};

TEST_P(ShortDigests, EachBodyGetsItsOwn) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> bodies;
    for (int i = 0; i < GetParam(); ++i)
      bodies.push_back(pattern(random() % (kMaxShortBodyBytes + 1), random()));
    EXPECT_EQ(sync_wait(reactor_, digests_that_differ(std::move(bodies))), 0);
  }
}

// Alone, a few, all lanes full, one more, and several times as many.
INSTANTIATE_TEST_SUITE_P(, ShortDigests, testing::Values(1, 2, 7, 8, 9, 16, 17, 64, 65, 300));

TEST(ShortDigestsOfSeveralReactors, DoNotMix) {
  SystemClock clock;
  Reactor first(clock, "first");
  Reactor second(clock, "second");
  const auto work = [](std::uint64_t seed) -> Task<int> {
    int differing = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
      std::vector<std::string> bodies;
      for (std::uint64_t k = 0; k < 1 + i % 20; ++k)
        bodies.push_back(pattern(1 + (seed * i + k) % 5000, seed + i * 100 + k));
      differing += co_await digests_that_differ(std::move(bodies));
    }
    co_return differing;
  };
  int of_second = -1;
  std::thread beside([&] { of_second = sync_wait(second, work(7)); });
  EXPECT_EQ(sync_wait(first, work(3)), 0);
  beside.join();
  EXPECT_EQ(of_second, 0);
}

}  // namespace
}  // namespace dyad::s3
