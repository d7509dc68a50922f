#include "runtime/reactor.h"

#include <sched.h>

#include <algorithm>

#include "base/check.h"
#include "runtime/thread_name.h"

namespace dyad {
namespace {

/// So many coroutines run before descriptors and timers get a look, if there is always one more to
/// run.
constexpr std::size_t kMaxResumesBetweenPolls = 64;
/// So many sockets have their turn before those of post_last(), who else might wait for ever.
constexpr std::size_t kMaxToldBeforeLast = 64;

std::size_t usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

}  // namespace

Reactor::Reactor(const Clock& clock, std::string_view name)
    : clock_(clock), wheel_(clock.steady_us()) {
  thread_ = std::thread([this, thread_name = std::string(name)] {
    set_thread_name(thread_name);
    run();
  });
}

Reactor::~Reactor() {
  stop();
}

void Reactor::post(std::coroutine_handle<> handle) {
  if (is_current()) {
    local_.push_back(handle);
    return;
  }
  // Under the lock to the end: once the handle runs, for which the reactor needs the lock, it may
  // lead to the destruction of this object.
  const std::lock_guard lock(inbox_mutex_);
  inbox_.push_back(handle);
  inbox_filled_.store(true, std::memory_order_relaxed);
  // The reactor says that it sleeps before it looks into the inbox under the lock: either it sees
  // the handle, or this sees that it sleeps.
  if (sleeping_.load(std::memory_order_relaxed)) {
    sleeping_.store(false, std::memory_order_relaxed);
    io_.wake();
  }
}

void Reactor::post_last(std::coroutine_handle<> handle) {
  DYAD_CHECK(is_current());
  last_.push_back(handle);
}

void Reactor::arm(TimerEntry& timer) {
  DYAD_CHECK(is_current());
  wheel_.arm(timer);
}

void Reactor::disarm(TimerEntry& timer) {
  if (!timer.armed) return;
  DYAD_CHECK(is_current());
  wheel_.disarm(timer);
}

void Reactor::stop() {
  DYAD_CHECK(!is_current());
  const std::lock_guard lock(join_mutex_);
  if (!thread_.joinable()) return;
  stopping_.store(true);
  io_.wake();
  thread_.join();
}

void Reactor::run() {
  set_current(this);
  while (true) {
    // Read before the inbox is looked at, so that what was posted before stop() runs.
    const bool stopping = stopping_.load();
    run_batch();
    if (stopping && local_.empty() && last_.empty()) break;
    sleep_or_poll();
    if (!wheel_.empty()) wheel_.advance(clock_.steady_us());
  }
  set_current(nullptr);
}

void Reactor::take_inbox() {
  if (!inbox_filled_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(inbox_mutex_);
  local_.insert(local_.end(), inbox_.begin(), inbox_.end());
  inbox_.clear();
  inbox_filled_.store(false, std::memory_order_relaxed);
}

void Reactor::take_last() {
  told_before_last_ = 0;
  local_.insert(local_.end(), last_.begin(), last_.end());
  last_.clear();
}

void Reactor::run_batch() {
  take_inbox();
  batch_.swap(local_);
  for (const std::coroutine_handle<> handle : batch_) handle.resume();
  resumed_since_poll_ += batch_.size();
  batch_.clear();
}

void Reactor::sleep_or_poll() {
  const bool more_to_run = !local_.empty() || !last_.empty();
  if (more_to_run && resumed_since_poll_ >= kMaxResumesBetweenPolls) {
    resumed_since_poll_ = 0;
    io_.poll();
    take_last();
    return;
  }
  if (!local_.empty()) return;
  if (!last_.empty()) {
    if (io_.knows_of_more() && told_before_last_ < kMaxToldBeforeLast) {
      ++told_before_last_;
      io_.run_one(0);
    } else {
      take_last();
    }
    return;
  }
  resumed_since_poll_ = 0;
  sleeping_.store(true);
  bool more;
  {
    const std::lock_guard lock(inbox_mutex_);
    more = !inbox_.empty();
  }
  if (more || stopping_.load()) {
    sleeping_.store(false, std::memory_order_relaxed);
    io_.poll();
    return;
  }
  const std::int64_t due_us = wheel_.next_due_us();
  const std::int64_t sleep_us = due_us == TimerWheel::kNever
                                    ? due_us
                                    : std::max<std::int64_t>(due_us - clock_.steady_us(), 0);
  io_.run_one(sleep_us);
  sleeping_.store(false, std::memory_order_relaxed);
}

Reactors::Reactors(const Clock& clock, std::size_t count) {
  if (count == 0) count = usable_cores();
  count = std::min(count, kMaxReactors);
  for (std::size_t i = 0; i < count; ++i) {
    reactors_.push_back(std::make_unique<Reactor>(clock, "reactor-" + std::to_string(i)));
  }
}

Reactor& Reactors::next() {
  return *reactors_[turn_.fetch_add(1, std::memory_order_relaxed) % reactors_.size()];
}

void Reactors::stop() {
  for (const std::unique_ptr<Reactor>& reactor : reactors_) reactor->stop();
}

}  // namespace dyad
