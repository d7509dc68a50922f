#pragma once

#include <coroutine>
#include <cstddef>
#include <vector>

#include "runtime/executor.h"

namespace dyad::proof {

/// Lets coroutines of one executor go on together: each awaits it, and the last of them to come
/// lets all go. Used again and again.
class Turnstile {
 public:
  explicit Turnstile(std::size_t count) : count_(count) {}
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting_.push_back(handle);
    if (waiting_.size() < count_) return;
    std::vector<std::coroutine_handle<>> all;
    all.swap(waiting_);
    for (const std::coroutine_handle<> one : all) Executor::current()->post(one);
  }
  void await_resume() const noexcept {}

 private:
  const std::size_t count_;
  std::vector<std::coroutine_handle<>> waiting_;
};

}  // namespace dyad::proof
