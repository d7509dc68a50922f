#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "runtime/adaptive_mutex.h"
#include "runtime/executor.h"
#include "runtime/io_loop.h"
#include "runtime/timer_wheel.h"

namespace dyad {

/// One thread that runs coroutines, waits for sockets (runtime/pollable.h) and fires timers.
/// Nothing that runs on it may block.
///
/// Posting costs no allocation: handles go into vectors that keep their capacity. Their length is
/// bounded by the number of suspended coroutines, each of which is posted at most once, so the
/// limits on connections and on queues above bound them too. A post from the reactor's own thread
/// takes no lock and no system call; one from another thread takes a lock and, only if the reactor
/// sleeps, one system call.
class Reactor final : public Executor {
 public:
  /// Starts the thread, named `name` (the first 15 characters).
  Reactor(const Clock& clock, std::string_view name);
  ~Reactor() override;

  void post(std::coroutine_handle<> handle) override;
  void post_last(std::coroutine_handle<> handle) override;
  void arm(TimerEntry& timer) override;
  void disarm(TimerEntry& timer) override;

  /// Runs all that is posted, and what that posts, then ends the thread. Coroutines that wait for a
  /// socket, a timer or another thread are not waited for and never go on: end them first (a Gate
  /// counts them). From any thread but its own; fine to call twice.
  void stop();

  const Clock& clock() const { return clock_; }
  bool is_current() const { return Executor::current() == this; }
  /// For those who wait for descriptors; on the reactor's thread.
  IoLoop& io() { return io_; }
  /// Tells that a waiter was called from within the loop, so that other threads need not wake it.
  void mark_awake() { sleeping_.store(false, std::memory_order_relaxed); }

 private:
  void run();
  void run_batch();
  void sleep_or_poll();
  void take_inbox();
  void take_last();

  const Clock& clock_;
  IoLoop io_;
  TimerWheel wheel_;
  std::vector<std::coroutine_handle<>> local_;  ///< Posted by this thread.
  std::vector<std::coroutine_handle<>> batch_;  ///< Being run.
  std::vector<std::coroutine_handle<>> last_;   ///< Of post_last().
  std::size_t resumed_since_poll_ = 0;
  std::size_t told_before_last_ = 0;  ///< Waiters that had their turn while `last_` waited.

  alignas(64) AdaptiveMutex inbox_mutex_;
  std::vector<std::coroutine_handle<>> inbox_;  ///< Posted by other threads.
  std::atomic<bool> inbox_filled_{false};
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::mutex join_mutex_;
  std::thread thread_;
};

/// The reactors of a process, one a core.
class Reactors {
 public:
  static constexpr std::size_t kMaxReactors = 256;

  /// `count` 0: as many as the process may use cores.
  Reactors(const Clock& clock, std::size_t count);

  std::size_t size() const { return reactors_.size(); }
  Reactor& operator[](std::size_t index) { return *reactors_[index]; }
  /// In turns. From any thread.
  Reactor& next();
  void stop();

 private:
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace dyad
