#include "backup/watch.h"

#include <chrono>

namespace dyad::backup {
namespace {

std::unexpected<Error> was_cancelled() {
  return fail(ErrorCode::cancelled, "cancelled");
}

}  // namespace

void Watch::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  ended_.notify_all();
}

Result<> Watch::go_on() const {
  const std::lock_guard lock(mutex_);
  if (cancelled_) return was_cancelled();
  return {};
}

Result<> Watch::spend(std::uint64_t bytes) {
  std::unique_lock lock(mutex_);
  if (cancelled_) return was_cancelled();
  spent_bytes_ += bytes;
  if (bytes_per_second_ == 0) return {};
  const double due_s = static_cast<double>(spent_bytes_) / static_cast<double>(bytes_per_second_);
  const auto due_us = began_us_ + static_cast<std::int64_t>(due_s * 1e6);
  while (!cancelled_) {
    const std::int64_t left_us = due_us - clock_.steady_us();
    if (left_us <= 0) return {};
    ended_.wait_for(lock, std::chrono::microseconds(left_us));
  }
  return was_cancelled();
}

void Watch::expect(std::uint64_t files, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.files_total = files;
  progress_.bytes_total = bytes;
}

void Watch::count(std::uint64_t bytes, bool copied) {
  const std::lock_guard lock(mutex_);
  ++progress_.files_done;
  progress_.bytes_done += bytes;
  if (copied) progress_.bytes_copied += bytes;
}

Progress Watch::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

}  // namespace dyad::backup
