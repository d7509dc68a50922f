#pragma once

#include <coroutine>

#include "base/check.h"
#include "base/clock.h"
#include "runtime/executor.h"

namespace dyad {

/// One coroutine waits, others of the same executor set; stays set until cleared. Not thread-safe.
class LocalEvent {
 public:
  LocalEvent() = default;
  LocalEvent(const LocalEvent&) = delete;
  LocalEvent& operator=(const LocalEvent&) = delete;
  ~LocalEvent() { DYAD_CHECK(waiter_ == nullptr); }

  class Wait : private TimerEntry {
   public:
    Wait(LocalEvent& event, Deadline deadline) : event_(event) {
      due_steady_us = deadline.steady_us;
      fire = [](TimerEntry& entry) { static_cast<Wait&>(entry).end(false); };
    }
    bool await_ready() noexcept { return was_set_ = event_.set_; }
    void await_suspend(std::coroutine_handle<> handle) {
      DYAD_CHECK(event_.waiter_ == nullptr);
      event_.waiter_ = this;
      handle_ = handle;
      executor_ = Executor::current();
      if (due_steady_us != INT64_MAX) executor_->arm(*this);
    }
    /// False: the deadline passed first.
    bool await_resume() const noexcept { return was_set_; }

   private:
    friend class LocalEvent;
    void end(bool was_set) {
      was_set_ = was_set;
      event_.waiter_ = nullptr;
      executor_->disarm(*this);
      executor_->post(handle_);
    }

    LocalEvent& event_;
    bool was_set_ = false;
    std::coroutine_handle<> handle_;
    Executor* executor_ = nullptr;
  };

  Wait wait(Deadline deadline) { return Wait(*this, deadline); }
  /// The waiter goes on soon, not within the call.
  void set() {
    set_ = true;
    if (waiter_ != nullptr) waiter_->end(true);
  }
  void clear() { set_ = false; }

 private:
  bool set_ = false;
  Wait* waiter_ = nullptr;
};

}  // namespace dyad
