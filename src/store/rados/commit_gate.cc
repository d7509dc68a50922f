#include "store/rados/commit_gate.h"

#include <utility>

namespace dyad::store::rados {

CommitGate::Walk::Walk(CommitGate& gate) : gate_(gate) {
  const std::lock_guard lock(gate.mutex_);
  if (gate.committing_) {
    waits_for_ = gate.commits_;
    ++gate.waiting_;
  } else {
    ++gate.walking_;
  }
}

CommitGate::Walk::~Walk() {
  const std::lock_guard lock(gate_.mutex_);
  const bool waiting = gate_.committing_ && waits_for_ == gate_.commits_;
  if (waiting) {
    --gate_.waiting_;
  } else if (--gate_.walking_ == 0) {
    gate_.walks_over_.notify_all();
  }
}

Task<void> CommitGate::Walk::ready() {
  Completion<bool> over;
  {
    const std::lock_guard lock(gate_.mutex_);
    if (!gate_.committing_ || waits_for_ != gate_.commits_) co_return;
    gate_.waiters_.push_back(&over);
  }
  co_await over;
}

void CommitGate::begin_commit() {
  std::unique_lock lock(mutex_);
  committing_ = true;
  ++commits_;
  walks_over_.wait(lock, [this] { return walking_ == 0; });
}

void CommitGate::end_commit() {
  std::vector<Completion<bool>*> waiters;
  {
    const std::lock_guard lock(mutex_);
    committing_ = false;
    hidden_ = false;
    walking_ += std::exchange(waiting_, 0);
    waiters.swap(waiters_);
  }
  for (Completion<bool>* waiter : waiters) waiter->set(true);
}

void CommitGate::hide() {
  const std::lock_guard lock(mutex_);
  hidden_ = true;
}

Task<void> CommitGate::readable() {
  Completion<bool> over;
  {
    const std::lock_guard lock(mutex_);
    if (!hidden_) co_return;
    waiters_.push_back(&over);
  }
  co_await over;
}

}  // namespace dyad::store::rados
