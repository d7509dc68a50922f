#pragma once

#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "runtime/executor.h"
#include "runtime/timer_wheel.h"

namespace dyad {

/// An executor on a thread of its own, for coroutines that may block it. Timers fire and posts run
/// when nothing blocks.
class DedicatedThread final : public Executor {
 public:
  DedicatedThread(const Clock& clock, std::string_view name);
  /// Runs what was posted, and what that posts, then ends. Coroutines that wait for a timer or
  /// another thread never go on: end them first.
  ~DedicatedThread() override;

  void post(std::coroutine_handle<> handle) override;
  void arm(TimerEntry& timer) override;
  void disarm(TimerEntry& timer) override;

 private:
  void run();
  /// False: stopped, and nothing is left. Fills `batch_` or leaves it empty for a timer.
  bool wait_for_work();

  const Clock& clock_;
  TimerWheel wheel_;
  std::vector<std::coroutine_handle<>> batch_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<std::coroutine_handle<>> posted_;
  bool sleeping_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dyad
