#pragma once

#include <cstdint>
#include <functional>

#include "runtime/io_loop.h"
#include "runtime/reactor.h"

namespace dyad {

/// Measures how long what is ready waits for its turn on a reactor. A probe is a descriptor that
/// becomes ready when it is sent, stands in line with the sockets, in the kernel and here, and is
/// told in its turn. That costs a system call a probe, and a wake-up where the reactor would sleep.
///
/// Made on any thread, used on the reactor's, destroyed after the reactor has stopped.
class ReadinessProbe final : private IoLoop::Waiter {
 public:
  /// `came` is called on the reactor, with the moments of sending and of coming.
  using Came = std::function<void(std::int64_t sent_us, std::int64_t came_us)>;
  ReadinessProbe(Reactor& reactor, Came came);

  /// None may be under way.
  void send();
  bool under_way() const { return under_way_; }

 private:
  static void on_over(IoLoop::Waiter& waiter, bool cancelled);

  Reactor& reactor_;
  Came came_;
  FdWatch watch_;
  std::int64_t sent_us_ = 0;
  bool under_way_ = false;
};

}  // namespace dyad
