#include "runtime/io_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace dyad {
namespace {

/// Longer sleeps are cut short, to no harm: run_one() may tell nobody.
constexpr std::int64_t kLongestSleepUs = 60'000'000;

epoll_event edge_triggered(std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = owner;
  return event;
}

}  // namespace

IoLoop::IoLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  DYAD_CHECK(epoll_ && wake_event_);
  epoll_event event = edge_triggered(EPOLLIN, nullptr);
  DYAD_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_event_.get(), &event) == 0);
}

IoLoop::~IoLoop() = default;

void IoLoop::wake() {
  // Each write is an edge of its own, so the counter need never be read; at one a nanosecond it
  // would be full after 584 years.
  const std::uint64_t one = 1;
  DYAD_CHECK(::write(wake_event_.get(), &one, sizeof one) == sizeof one);
}

void IoLoop::run_one(std::int64_t timeout_us) {
  if (tell_first()) return;
  timeout_us = std::clamp<std::int64_t>(timeout_us, 0, kLongestSleepUs);
  take_events(static_cast<int>((timeout_us + 999) / 1000));
  tell_first();
}

void IoLoop::poll() {
  take_events(0);
  // Those who wait again while they are told have their turn the next time.
  for (std::size_t left = queued_; left > 0 && tell_first(); --left) {
  }
}

void IoLoop::take_events(int timeout_ms) {
  std::array<epoll_event, kMaxEventsPerCall> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms);
  DYAD_CHECK(count >= 0 || errno == EINTR);
  // Nobody is told before all events are taken down: who is told may end the watches of others.
  for (int i = 0; i < count; ++i) {
    auto* const watch = static_cast<FdWatch*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (watch != nullptr) watch->on_events(events[static_cast<std::size_t>(i)].events);
  }
}

void IoLoop::queue(Waiter& waiter, bool cancelled) {
  waiter.cancelled_ = cancelled;
  waiter.next_ = nullptr;
  if (first_ == nullptr) {
    first_ = &waiter;
  } else {
    last_->next_ = &waiter;
  }
  last_ = &waiter;
  ++queued_;
}

bool IoLoop::tell_first() {
  if (first_ == nullptr) return false;
  Waiter& waiter = *std::exchange(first_, first_->next_);
  --queued_;
  waiter.over(waiter, waiter.cancelled_);
  return true;
}

FdWatch::FdWatch(IoLoop& loop, UniqueFd fd) : loop_(loop), fd_(std::move(fd)) {}
FdWatch::~FdWatch() {
  close();
}

bool FdWatch::join() {
  if (joined_) return true;
  epoll_event event = edge_triggered(EPOLLIN | EPOLLOUT | EPOLLRDHUP, this);
  joined_ = ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_.get(), &event) == 0;
  // ENOSPC: max_user_watches.
  DYAD_CHECK(joined_ || errno == ENOMEM || errno == ENOSPC);
  return joined_;
}

void FdWatch::leave() {
  if (!std::exchange(joined_, false)) return;
  epoll_event unused{};
  DYAD_CHECK(::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_.get(), &unused) == 0);
}

void FdWatch::wait(Direction direction, IoLoop::Waiter& waiter) {
  Side& side = sides_[static_cast<std::size_t>(direction)];
  DYAD_CHECK(fd_ && side.waiter == nullptr);
  if (!join()) {
    loop_.queue(waiter, true);
    return;
  }
  if (side.ready || side.always) {
    side.ready = false;
    loop_.queue(waiter, false);
    return;
  }
  side.waiter = &waiter;
}

void FdWatch::on_events(std::uint32_t events) {
  const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool ended = failed || (events & EPOLLRDHUP) != 0;
  if (ended || (events & EPOLLIN) != 0) on_side(Direction::read, ended);
  if (failed || (events & EPOLLOUT) != 0) on_side(Direction::write, failed);
}

void FdWatch::on_side(Direction direction, bool always) {
  Side& side = sides_[static_cast<std::size_t>(direction)];
  side.always |= always;
  if (side.waiter != nullptr) {
    loop_.queue(*std::exchange(side.waiter, nullptr), false);
  } else {
    side.ready = true;
  }
}

void FdWatch::cancel() {
  for (Side& side : sides_) {
    if (side.waiter != nullptr) loop_.queue(*std::exchange(side.waiter, nullptr), true);
  }
}

void FdWatch::close() {
  if (!fd_) return;
  cancel();
  // By itself the kernel forgets a watch only when no duplicate of the descriptor is left, such as
  // a child process may have.
  leave();
  fd_.reset();
}

UniqueFd FdWatch::release() {
  DYAD_CHECK(sides_[0].waiter == nullptr && sides_[1].waiter == nullptr);
  leave();
  return std::move(fd_);
}

}  // namespace dyad
