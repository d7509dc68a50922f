#include "table/load_sampler.h"

#include <algorithm>

namespace dyad::table {

void Tables::LoadSampler::remember(store::PartitionId partition, std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (rings_.size() >= kMaxPartitions && !rings_.contains(partition)) return;
  Ring& ring = rings_[partition];
  if (ring.keys.size() < kKeysPerPartition) {
    ring.keys.emplace_back(key);
  } else {
    ring.keys[ring.next].assign(key);
    ring.next = (ring.next + 1) % kKeysPerPartition;
  }
}

std::optional<std::string> Tables::LoadSampler::middle(store::PartitionId partition) const {
  std::vector<std::string> keys;
  {
    const std::lock_guard lock(mutex_);
    const auto found = rings_.find(partition);
    if (found == rings_.end() || found->second.keys.size() < kKeysPerPartition / 2)
      return std::nullopt;
    keys = found->second.keys;
  }
  std::sort(keys.begin(), keys.end());
  if (keys.front() == keys.back()) return std::nullopt;
  // The first half may be one hot key: then the cut goes right after it.
  const auto cut = std::upper_bound(keys.begin(), keys.end(), keys[keys.size() / 2 - 1]);
  return cut == keys.end() ? keys.back() : *cut;
}

void Tables::LoadSampler::forget(store::PartitionId partition) {
  const std::lock_guard lock(mutex_);
  rings_.erase(partition);
}

void Tables::LoadSampler::forget(const PartitionMap& dropped) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < dropped.size(); ++i) rings_.erase(dropped[i].partition);
}

}  // namespace dyad::table
