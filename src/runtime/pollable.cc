#include "runtime/pollable.h"

#include "base/check.h"

namespace dyad {

Pollable::~Pollable() {
  DYAD_CHECK(!waiting_[0] && !waiting_[1]);
}

Pollable::Wait::Wait(Pollable& pollable, FdWatch::Direction direction, Deadline deadline)
    : pollable_(pollable),
      direction_(direction),
      outcome_(pollable.fd() < 0 ? Outcome::cancelled : Outcome::ready) {
  over = on_over;
  due_steady_us = deadline.steady_us;
  fire = on_due;
}

void Pollable::Wait::await_suspend(std::coroutine_handle<> handle) {
  bool& waiting = pollable_.waiting_[static_cast<std::size_t>(direction_)];
  DYAD_CHECK(!waiting && pollable_.reactor_.is_current());
  waiting = true;
  waiting_ = handle;
  if (due_steady_us != INT64_MAX) pollable_.reactor_.arm(*this);
  pollable_.watch_.wait(direction_, *this);
}

void Pollable::Wait::on_due(TimerEntry& entry) {
  auto& self = static_cast<Wait&>(entry);
  // Resumed by the cancelled wait, which may still refer to this object.
  self.due_ = true;
  self.pollable_.watch_.cancel();
}

void Pollable::Wait::on_over(IoLoop::Waiter& waiter, bool cancelled) {
  auto& self = static_cast<Wait&>(waiter);
  Pollable& pollable = self.pollable_;
  pollable.reactor_.mark_awake();
  pollable.reactor_.disarm(self);
  pollable.waiting_[static_cast<std::size_t>(self.direction_)] = false;
  if (cancelled) self.outcome_ = self.due_ ? Outcome::deadline : Outcome::cancelled;
  self.waiting_.resume();
}

}  // namespace dyad
