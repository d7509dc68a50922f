#include "runtime/readiness_probe.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace dyad {

ReadinessProbe::ReadinessProbe(Reactor& reactor, Came came)
    : reactor_(reactor),
      came_(std::move(came)),
      watch_(reactor.io(), UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {
  DYAD_CHECK(watch_.fd() >= 0);
  over = on_over;
}

void ReadinessProbe::send() {
  DYAD_CHECK(!under_way_ && reactor_.is_current());
  under_way_ = true;
  sent_us_ = reactor_.clock().steady_us();
  watch_.wait(FdWatch::Direction::read, *this);
  // Each write is an edge of its own, so the counter is never read.
  const std::uint64_t one = 1;
  DYAD_CHECK(::write(watch_.fd(), &one, sizeof one) == sizeof one);
}

void ReadinessProbe::on_over(IoLoop::Waiter& waiter, bool cancelled) {
  auto& self = static_cast<ReadinessProbe&>(waiter);
  self.reactor_.mark_awake();
  self.under_way_ = false;
  // Cancelled: the kernel had no memory to watch it, and nothing was measured.
  self.came_(self.sent_us_, cancelled ? self.sent_us_ : self.reactor_.clock().steady_us());
}

}  // namespace dyad
