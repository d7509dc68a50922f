#pragma once

#include <coroutine>
#include <cstdint>

#include "runtime/task.h"

namespace dyad {

/// A moment at which an executor calls `fire`. Lives in its owner (a coroutine frame, a
/// connection); the executor only links it. Armed and disarmed on the executor's own thread.
struct TimerEntry {
  std::int64_t due_steady_us = 0;
  void (*fire)(TimerEntry&) =
      nullptr;  ///< Runs on the executor's thread, the entry already unlinked.
  // For the executor:
  TimerEntry* previous = nullptr;
  TimerEntry* next = nullptr;
  std::uint32_t slot = 0;
  bool armed = false;
};

/// Something that runs coroutines, one at a time: a reactor, a thread of its own, or the
/// simulation. A coroutine that suspends in one of our awaiters is resumed on the executor where it
/// suspended.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs `handle` soon, on this executor. From any thread. Never runs it inside the call.
  virtual void post(std::coroutine_handle<> handle) = 0;
  /// Behind what this executor knows to be ready, of sockets a bounded number: for work that is
  /// cheaper the more of it comes together. Own thread only. Where nothing is gained, a post().
  virtual void post_last(std::coroutine_handle<> handle) { post(handle); }

  /// Coarse timers (about a millisecond late at most on an idle executor). Own thread only.
  virtual void arm(TimerEntry& timer) = 0;
  virtual void disarm(TimerEntry& timer) = 0;

  /// The executor that runs the calling code; null outside any.
  static Executor* current() { return current_; }

  /// Starts `task` here; nobody awaits it. From any thread.
  void spawn(Task<void> task) { post(detail::run_detached(std::move(task)).handle); }

 protected:
  /// An executor puts itself here around every resumption.
  static void set_current(Executor* executor) { current_ = executor; }

 private:
  static constinit thread_local Executor* current_;
};

/// `co_await resume_on(executor)`: goes on there. Also a fair yield when it is the current one.
struct ResumeOn {
  Executor& executor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { executor.post(handle); }
  void await_resume() const noexcept {}
};
inline ResumeOn resume_on(Executor& executor) {
  return ResumeOn{executor};
}

/// `co_await BehindAllReady()`: goes on here, by post_last().
struct BehindAllReady {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const {
    Executor::current()->post_last(handle);
  }
  void await_resume() const noexcept {}
};

/// `co_await SleepUntil(steady_us)`, on the current executor.
class SleepUntil : private TimerEntry {
 public:
  explicit SleepUntil(std::int64_t steady_us) {
    due_steady_us = steady_us;
    fire = [](TimerEntry& entry) { static_cast<SleepUntil&>(entry).waiting_.resume(); };
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting_ = handle;
    Executor::current()->arm(*this);
  }
  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<> waiting_;
};

}  // namespace dyad
