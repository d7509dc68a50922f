#include "store/hostile/malice.h"

#include "runtime/executor.h"

namespace dyad::store {

std::uint64_t Malice::below(std::uint64_t bound) {
  const std::lock_guard lock(mutex_);
  return random_.below(bound);
}

bool Malice::roll(std::uint32_t one_in) {
  return one_in > 0 && below(one_in) == 0;
}

bool Malice::lies_about(PartitionId partition) {
  if (partition == kCatalogPartition || options_.not_owner_one_in == 0) return false;
  const std::lock_guard lock(mutex_);
  int& owed = truths_owed_[partition];
  if (owed > 0) {
    --owed;
    return false;
  }
  if (random_.below(options_.not_owner_one_in) != 0) return false;
  owed = kTruthsAfterLie;
  return true;
}

Task<void> Malice::wander() {
  const std::uint64_t yields = below(options_.max_yields + 1);
  for (std::uint64_t i = 0; i < yields; ++i) co_await resume_on(*Executor::current());
  if (roll(options_.sleep_one_in)) {
    const auto late_us = static_cast<std::int64_t>(below(1000));
    co_await SleepUntil(clock_.steady_us() + late_us);
  }
}

}  // namespace dyad::store
