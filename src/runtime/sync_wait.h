#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <type_traits>

#include "base/check.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace dyad {
namespace detail {

/// Blocks a plain thread until a coroutine elsewhere is over.
class ThreadEvent {
 public:
  void set() {
    // Told under the lock: the waiter destroys this object as soon as it sees the flag.
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

template <class T>
Task<void> run_and_tell(Task<T> task, std::optional<T>& result, ThreadEvent& over) {
  result.emplace(co_await task);
  over.set();
}
inline Task<void> run_and_tell(Task<void> task, ThreadEvent& over) {
  co_await task;
  over.set();
}

}  // namespace detail

/// Runs `task` on `executor` to its end and returns its result. For main() and tests: it blocks the
/// calling thread, which must not be an executor's. `executor` must not end before the task.
template <class T>
T sync_wait(Executor& executor, Task<T> task) {
  DYAD_CHECK(Executor::current() == nullptr);
  detail::ThreadEvent over;
  if constexpr (std::is_void_v<T>) {
    executor.spawn(detail::run_and_tell(std::move(task), over));
    over.wait();
  } else {
    std::optional<T> result;
    executor.spawn(detail::run_and_tell(std::move(task), result, over));
    over.wait();
    return std::move(*result);
  }
}

}  // namespace dyad
