#include "runtime/task.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/sanitized.h"
#include "runtime/executor.h"

namespace dyad {
namespace {

/// Runs at once, on this thread, until the first real suspension.
void start(Task<void> task) {
  detail::run_detached(std::move(task)).handle.resume();
}

struct Alive {
  explicit Alive(int& c) : count(c) { ++count; }
  Alive(const Alive& other) : count(other.count) { ++count; }
  ~Alive() { --count; }
  int& count;
};

/// Suspends and keeps the handle for the test to resume.
struct Parked {
  std::coroutine_handle<>& at;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { at = handle; }
  void await_resume() const noexcept {}
};

/// Where the stack is watched GCC makes no tail calls (cmake/DyadSanitize.cmake), and it grows;
/// ThreadSanitizer follows 65,535 frames.
constexpr int kManyAwaits = kSanitized ? 10'000 : 1'000'000;
constexpr std::uintptr_t kStackLimitBytes = kSanitized ? UINTPTR_MAX : 4096;

// The lowest and the highest address of a local seen so far.
struct StackSpan {
  std::uintptr_t low = UINTPTR_MAX;
  std::uintptr_t high = 0;
  __attribute__((noinline)) void see() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    low = std::min(low, here);
    high = std::max(high, here);
  }
  std::uintptr_t bytes() const { return high - low; }
};

TEST(Task, IsLazyAndRunsInOrder) {
  std::vector<std::string> events;
  const auto inner = [&](std::string name) -> Task<int> {
    events.push_back("begin " + name);
    co_return static_cast<int>(name.size());
  };
  const auto outer = [&]() -> Task<void> {
    Task<int> first = inner("first");
    Task<int> second = inner("second");
    events.push_back("made");
    const int two = co_await second;
    const int one = co_await first;
    events.push_back(std::to_string(one) + std::to_string(two));
  };
  start(outer());
  EXPECT_EQ(events, (std::vector<std::string>{"made", "begin second", "begin first", "56"}));
}

TEST(Task, GivesMoveOnlyResults) {
  std::unique_ptr<int> result;
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const auto outer = [&]() -> Task<void> { result = co_await make(); };
  start(outer());
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(*result, 7);
}

TEST(Task, NeverAwaitedIsDestroyedUnrun) {
  int alive = 0;
  bool ran = false;
  const auto body = [&](Alive) -> Task<void> {
    ran = true;
    co_return;
  };
  {
    const Task<void> task = body(Alive(alive));
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(ran);
}

TEST(Task, DestroysItsFrameWhenDone) {
  int alive = 0;
  std::coroutine_handle<> parked;
  const auto inner = [&](Alive) -> Task<void> { co_await Parked{parked}; };
  const auto outer = [&](Alive) -> Task<void> {
    Task<void> task = inner(Alive(alive));
    co_await std::move(task);
  };
  start(outer(Alive(alive)));
  EXPECT_EQ(alive, 2);
  parked.resume();
  EXPECT_EQ(alive, 0);
}

TEST(Task, AMillionAwaitsDoNotGrowTheStack) {
  StackSpan stack;
  const auto step = [&](int value) -> Task<int> {
    stack.see();
    co_return value + 1;
  };
  int sum = 0;
  const auto loop = [&]() -> Task<void> {
    for (int i = 0; i < kManyAwaits; ++i) sum = co_await step(sum);
  };
  start(loop());
  EXPECT_EQ(sum, kManyAwaits);
  EXPECT_LT(stack.bytes(), kStackLimitBytes);
}

TEST(Task, AMillionNestedAwaitsDoNotGrowTheStack) {
  struct Nest {
    StackSpan stack;
    Task<int> down(int depth) {
      stack.see();
      if (depth == 0) co_return 0;
      const int below = co_await down(depth - 1);
      stack.see();
      co_return below + 1;
    }
  };
  Nest nest;
  int depth = 0;
  const auto outer = [&]() -> Task<void> { depth = co_await nest.down(kManyAwaits); };
  start(outer());
  EXPECT_EQ(depth, kManyAwaits);
  EXPECT_LT(nest.stack.bytes(), kStackLimitBytes);
}

}  // namespace
}  // namespace dyad
