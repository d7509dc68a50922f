#pragma once

#include <array>
#include <coroutine>

#include "base/clock.h"
#include "runtime/io_loop.h"
#include "runtime/reactor.h"
#include "runtime/unique_fd.h"

namespace dyad {

/// A non-blocking file descriptor whose readiness a coroutine awaits, until a deadline. Made on any
/// thread, used and destroyed on its reactor's (or after the reactor has stopped). One wait in each
/// direction at a time.
class Pollable {
 public:
  enum class Outcome : unsigned char { ready, deadline, cancelled };

  class Wait : private IoLoop::Waiter, private TimerEntry {
   public:
    bool await_ready() const noexcept { return outcome_ == Outcome::cancelled; }
    void await_suspend(std::coroutine_handle<> handle);
    Outcome await_resume() const noexcept { return outcome_; }

   private:
    friend class Pollable;
    Wait(Pollable& pollable, FdWatch::Direction direction, Deadline deadline);
    static void on_over(IoLoop::Waiter& waiter, bool cancelled);
    static void on_due(TimerEntry& entry);

    Pollable& pollable_;
    FdWatch::Direction direction_;
    bool due_ = false;
    Outcome outcome_;
    std::coroutine_handle<> waiting_;
  };

  Pollable(Reactor& reactor, UniqueFd fd)
      : reactor_(reactor), watch_(reactor.io(), std::move(fd)) {}
  ~Pollable();

  int fd() const { return watch_.fd(); }  ///< -1 when closed.
  Reactor& reactor() { return reactor_; }

  /// `co_await pollable.readable(deadline)`. May be ready for nothing: try, and wait again. A
  /// deadline that passes in one direction ends the other's wait too, cancelled.
  Wait readable(Deadline deadline) { return Wait(*this, FdWatch::Direction::read, deadline); }
  Wait writable(Deadline deadline) { return Wait(*this, FdWatch::Direction::write, deadline); }

  /// Ends what waits, cancelled, soon; later waits end at once, cancelled.
  void close() { watch_.close(); }
  /// Gives the descriptor away, no longer watched. Nothing may be waiting.
  UniqueFd release() { return watch_.release(); }

 private:
  Reactor& reactor_;
  FdWatch watch_;
  std::array<bool, 2> waiting_{};
};

}  // namespace dyad
