#pragma once

#include <atomic>
#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.h"
#include "runtime/executor.h"

namespace dyad {

/// A result that one side sets, once, from any thread, and one coroutine awaits, on its own
/// executor. Must outlive both: it usually lives in the awaiting coroutine's frame, whose owner
/// cannot go on (and so not destroy it) before set() has posted the resumption, its last touch of
/// this object.
template <class T>
class Completion {
 public:
  Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  void set(T value) {
    value_.emplace(std::move(value));
    // A waiter goes on only once it is posted, so its fields still stand after the exchange.
    const State before = state_.exchange(State::set, std::memory_order_acq_rel);
    DYAD_CHECK(before != State::set);
    if (before == State::waiting) executor_->post(waiting_);
  }
  bool is_set() const { return state_.load(std::memory_order_acquire) == State::set; }

  bool await_ready() const noexcept { return is_set(); }
  bool await_suspend(std::coroutine_handle<> handle) {
    waiting_ = handle;
    executor_ = Executor::current();
    DYAD_CHECK(executor_ != nullptr);
    State expected = State::idle;
    return state_.compare_exchange_strong(expected, State::waiting, std::memory_order_acq_rel);
  }
  T await_resume() { return std::move(*value_); }

 private:
  enum class State : unsigned char { idle, waiting, set };

  std::atomic<State> state_{State::idle};
  std::coroutine_handle<> waiting_;
  Executor* executor_ = nullptr;
  std::optional<T> value_;
};

}  // namespace dyad
