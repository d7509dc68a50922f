#include "runtime/disk_space.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace dyad {

std::shared_ptr<DiskSpace> DiskSpace::watch(Runtime& runtime, std::string path,
                                            std::uint64_t reserve_bytes) {
  std::shared_ptr<DiskSpace> space(new DiskSpace(runtime, std::move(path), reserve_bytes));
  space->look();
  return space;
}

DiskSpace::DiskSpace(Runtime& runtime, std::string path, std::uint64_t reserve_bytes)
    : runtime_(runtime),
      path_(std::move(path)),
      reserve_bytes_(reserve_bytes),
      margin_bytes_(std::min(reserve_bytes / 8, kMaxMarginBytes)) {}

Error DiskSpace::refusal() const {
  return Error(ErrorCode::no_space, path_ + ": " + std::to_string(free_bytes()) +
                                        " bytes are free, " + std::to_string(reserve_bytes_) +
                                        " are kept in reserve");
}

Result<> DiskSpace::take(std::uint64_t bytes) {
  const auto wanted = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
  const bool low = low_.load(std::memory_order_relaxed);
  const bool taken = !low && budget_bytes_.load(std::memory_order_relaxed) >= wanted &&
                     budget_bytes_.fetch_sub(wanted, std::memory_order_relaxed) >= wanted;
  // Two that reach for the last of it at once both let go: the next look puts that right.
  ask_if_due();
  if (taken) return {};
  ask();
  return fail(refusal());
}

Result<> DiskSpace::fits(std::uint64_t bytes) {
  ask_if_due();
  const std::int64_t budget = budget_bytes_.load(std::memory_order_relaxed);
  if (!low() && budget >= 0 && bytes <= static_cast<std::uint64_t>(budget)) return {};
  ask();
  return fail(refusal());
}

void DiskSpace::ask_if_due() {
  const bool much = budget_bytes_.load(std::memory_order_relaxed) <
                    look_below_bytes_.load(std::memory_order_relaxed);
  if (much ||
      runtime_.clock().steady_us() - looked_us_.load(std::memory_order_relaxed) >= kLookEveryUs)
    ask();
}

void DiskSpace::ask() {
  if (asked_.load(std::memory_order_relaxed) || asked_.exchange(true)) return;
  const auto job = [self = shared_from_this()] {
    self->asked_.store(false);
    self->look();
  };
  // A full queue: whoever asks next tries again.
  if (!runtime_.workers().submit(job)) asked_.store(false);
}

void DiskSpace::look() {
  const std::lock_guard lock(look_mutex_);
  looked_us_.store(runtime_.clock().steady_us(), std::memory_order_relaxed);
  const std::uint64_t owed = owed_bytes_.load(std::memory_order_relaxed);
  const Result<std::uint64_t> found = runtime_.files().free_bytes(path_);
  const std::uint64_t free = found ? *found : std::uint64_t{INT64_MAX};
  const std::uint64_t available = free > owed ? free - owed : 0;
  const bool was_low = low();
  const std::uint64_t needed = was_low ? reserve_bytes_ + margin_bytes_ : reserve_bytes_;
  const bool low_now = available < needed;
  const std::uint64_t budget = available > reserve_bytes_ ? available - reserve_bytes_ : 0;
  const auto budget_bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(budget, INT64_MAX));
  if (found) free_bytes_.store(free, std::memory_order_relaxed);
  look_below_bytes_.store(budget_bytes - static_cast<std::int64_t>(kLookAfterBytes),
                          std::memory_order_relaxed);
  budget_bytes_.store(budget_bytes, std::memory_order_relaxed);
  low_.store(low_now, std::memory_order_relaxed);
  tell(low_now, owed);
}

bool DiskSpace::tells_now() {
  const std::int64_t now_us = runtime_.clock().steady_us();
  std::int64_t told_us = told_us_.load(std::memory_order_relaxed);
  return now_us - told_us >= kTellEveryUs && told_us_.compare_exchange_strong(told_us, now_us);
}

/// That it became low, that it is over, and between them a word in a while. One that goes to and
/// fro, as deletions and writes do at the edge, is told of no more often.
void DiskSpace::tell(bool low_now, std::uint64_t owed) {
  if (!low_now) {
    if (std::exchange(told_low_, false))
      log::warning("the disk has room again: writes go on", "path={} free_bytes={}", path_,
                   free_bytes());
    return;
  }
  const std::int64_t now_us = runtime_.clock().steady_us();
  if (told_low_) {
    if (!tells_now()) return;
  } else {
    if (now_us - told_low_us_ < kTellEveryUs) return;
    told_us_.store(now_us, std::memory_order_relaxed);
    told_low_us_ = now_us;
    told_low_ = true;
  }
  log::warning("the disk is nearly full: writes are refused, reads and deletes go on",
               "path={} free_bytes={} unwritten_bytes={} reserve_bytes={}", path_, free_bytes(),
               owed, reserve_bytes_);
}

}  // namespace dyad
