#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"
#include "table/tables.h"

namespace dyad::table {

/// Remembers some of the keys written lately in each partition, so that a split can cut the load in
/// two instead of the key space. Thread-safe; costs a counter a write and a copy every kEvery
/// writes.
class Tables::LoadSampler {
 public:
  static constexpr std::uint64_t kEvery = 17;
  static constexpr std::size_t kKeysPerPartition = 64;
  static constexpr std::size_t kMaxPartitions = 4096;

  /// Is it this write's turn to be remembered? Asked once a write.
  bool due() { return writes_.fetch_add(1, std::memory_order_relaxed) % kEvery == 0; }
  void remember(store::PartitionId partition, std::string_view key);

  /// The middle of the remembered keys; none: too few, or all the same.
  std::optional<std::string> middle(store::PartitionId partition) const;
  void forget(store::PartitionId partition);
  void forget(const PartitionMap& dropped);

 private:
  struct Ring {
    std::vector<std::string> keys;
    std::size_t next = 0;
  };
  std::atomic<std::uint64_t> writes_{0};
  mutable std::mutex mutex_;
  std::unordered_map<store::PartitionId, Ring> rings_;
};

}  // namespace dyad::table
