#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/gate.h"
#include "runtime/reactor.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "runtime/thread_worker_pool.h"
#include "runtime/threaded_runtime.h"

namespace dyad {
namespace {

std::string thread_name() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

/// Holds jobs until opened.
class Door {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void await_waiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST(ThreadWorkerPool, RefusesAFullQueueAndRunsWhatItTook) {
  Door door;
  std::atomic<int> ran{0};
  {
    ThreadWorkerPool pool("test", {.threads = 2, .max_queued_jobs = 3});
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(pool.submit([&] {
        door.pass();
        ++ran;
      }));
    }
    door.await_waiting(2);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit([&] { ++ran; }));
    EXPECT_EQ(pool.queued(), 3u);
    EXPECT_FALSE(pool.submit([&] { ran += 1000; }));
    door.open();
  }
  EXPECT_EQ(ran.load(), 5);
}

TEST(ThreadWorkerPool, RunGivesTheResultBackOnTheCallersExecutor) {
  const SystemClock clock;
  ThreadWorkerPool pool("crew", {.threads = 1, .max_queued_jobs = 8});
  Reactor reactor(clock, "test");
  const auto body = [&]() -> Task<Result<std::string>> {
    const auto work = [&]() -> Result<std::string> { return thread_name(); };
    Result<std::string> name = co_await pool.run(work);
    EXPECT_EQ(Executor::current(), &reactor);
    const auto failing = []() -> Result<> { return fail(ErrorCode::no_space, "full"); };
    const Result<> failed = co_await pool.run(failing);
    EXPECT_EQ(failed.has_value() ? ErrorCode::internal : failed.error().code, ErrorCode::no_space);
    co_return name;
  };
  const Result<std::string> name = sync_wait(reactor, body());
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(*name, "crew-0");
}

TEST(ThreadWorkerPool, RunOnAFullQueueIsOverloaded) {
  const SystemClock clock;
  Door door;
  ThreadWorkerPool pool("test", {.threads = 1, .max_queued_jobs = 0});
  Reactor reactor(clock, "test");
  const auto body = [&]() -> Task<Result<>> {
    const auto work = []() -> Result<> { return {}; };
    co_return co_await pool.run(work);
  };
  const Result<> refused = sync_wait(reactor, body());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
}

TEST(ThreadWorkerPool, ManyRunsFromManyReactors) {
  const SystemClock clock;
  ThreadWorkerPool pool("test", {.threads = 4, .max_queued_jobs = 1024});
  Reactors reactors(clock, 2);
  Gate gate;
  std::atomic<int> sum{0};
  const auto body = [&](Reactor& home, Gate::Pass) -> Task<void> {
    for (int i = 0; i < 300; ++i) {
      const auto work = [i]() -> Result<int> { return i; };
      const Result<int> result = co_await pool.run(work);
      EXPECT_EQ(Executor::current(), &home);
      if (result) sum.fetch_add(*result);
    }
  };
  for (int i = 0; i < 64; ++i) {
    Reactor& home = reactors.next();
    home.spawn(body(home, *gate.enter()));
  }
  sync_wait(reactors[0], gate.close());
  EXPECT_EQ(sum.load(), 64 * 300 * 299 / 2);
}

TEST(SystemClock, IsNearTheStandardOne) {
  const SystemClock clock;
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  EXPECT_NEAR(static_cast<double>(clock.wall_ms()), static_cast<double>(wall.count()), 5'000);
  const std::int64_t before = clock.steady_us();
  EXPECT_GE(clock.steady_us(), before);
}

TEST(SystemRandom, DoesNotRepeatItselfAcrossThreads) {
  SystemRandom random;
  std::mutex mutex;
  std::set<std::uint64_t> seen;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        const std::uint64_t value = random.next_u64();
        const std::lock_guard lock(mutex);
        seen.insert(value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), 20'000u);
}

TEST(SystemRandom, FillsLargeAndOddSizes) {
  SystemRandom random;
  for (const std::size_t size : {0, 1, 255, 256, 257, 1024, 100'000}) {
    std::vector<std::uint8_t> bytes(size + 1, 0);
    std::uint64_t sum = 0;
    for (int i = 0; i < 8; ++i) {
      random.fill(std::span(bytes).first(size));
      for (const std::uint8_t byte : bytes) sum += byte;
    }
    EXPECT_EQ(bytes[size], 0);
    if (size > 0) {
      // The mean of a fair byte is 127.5; eight zeros in a row happen once in 2^64.
      EXPECT_GT(sum, 0u);
      if (size >= 1024) {
        EXPECT_NEAR(sum / 8.0 / size, 127.5, 5);
      }
    }
  }
}

TEST(ThreadedRuntime, HandsOutItsParts) {
  const std::unique_ptr<Runtime> runtime =
      make_threaded_runtime({.threads = 1, .max_queued_jobs = 4}, make_posix_files());
  const std::unique_ptr<Executor> own = runtime->make_dedicated("a-very-long-thread-name");
  const auto body = [&]() -> Task<Result<std::string>> {
    const auto work = [] { return Result<std::string>(thread_name()); };
    co_return thread_name() + " " + *co_await runtime->workers().run(work);
  };
  EXPECT_EQ(sync_wait(*own, body()).value(), "a-very-long-thr worker-0");
  EXPECT_GT(runtime->clock().wall_ms(), 0);
  EXPECT_LT(runtime->random().below(10), 10u);
  EXPECT_TRUE(runtime->files().info("/").has_value());
}

}  // namespace
}  // namespace dyad
