#include "runtime/dedicated_thread.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "runtime/thread_name.h"

namespace dyad {

DedicatedThread::DedicatedThread(const Clock& clock, std::string_view name)
    : clock_(clock), wheel_(clock.steady_us()) {
  thread_ = std::thread([this, thread_name = std::string(name)] {
    set_thread_name(thread_name);
    run();
  });
}

DedicatedThread::~DedicatedThread() {
  DYAD_CHECK(current() != this);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void DedicatedThread::post(std::coroutine_handle<> handle) {
  // Told under the lock: once the handle can run, it may end with the destruction of this executor.
  const std::lock_guard lock(mutex_);
  posted_.push_back(handle);
  if (sleeping_) filled_.notify_one();
}

void DedicatedThread::arm(TimerEntry& timer) {
  DYAD_CHECK(current() == this);
  wheel_.arm(timer);
}

void DedicatedThread::disarm(TimerEntry& timer) {
  if (!timer.armed) return;
  DYAD_CHECK(current() == this);
  wheel_.disarm(timer);
}

bool DedicatedThread::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (posted_.empty() && !stopping_) {
    constexpr std::int64_t kLongestSleepUs = 60'000'000;
    const std::int64_t sleep_us =
        wheel_.empty() ? kLongestSleepUs : wheel_.next_due_us() - clock_.steady_us();
    sleeping_ = true;
    filled_.wait_for(lock, std::chrono::microseconds(std::min(sleep_us, kLongestSleepUs)));
    sleeping_ = false;
  }
  batch_.swap(posted_);
  return !batch_.empty() || !stopping_;
}

void DedicatedThread::run() {
  set_current(this);
  while (wait_for_work()) {
    for (const std::coroutine_handle<> handle : batch_) handle.resume();
    batch_.clear();
    if (!wheel_.empty()) wheel_.advance(clock_.steady_us());
  }
  set_current(nullptr);
}

}  // namespace dyad
