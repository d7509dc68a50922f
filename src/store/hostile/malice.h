#pragma once

#include <mutex>
#include <unordered_map>

#include "base/random.h"
#include "runtime/runtime.h"
#include "runtime/task.h"
#include "store/hostile/hostile_store.h"

namespace dyad::store {

/// Decides when the hostile store does what. Thread-safe.
class Malice {
 public:
  Malice(Runtime& runtime, std::uint64_t seed, HostileOptions options)
      : clock_(runtime.clock()), random_(seed), options_(options) {}

  const HostileOptions& options() const { return options_; }
  bool roll(std::uint32_t one_in);
  /// Shall this call about `partition` be answered with not_owner?
  bool lies_about(PartitionId partition);
  /// Lets others go first, and now and then time go by.
  Task<void> wander();

 private:
  std::uint64_t below(std::uint64_t bound);

  const Clock& clock_;
  std::mutex mutex_;
  SeededRandom random_;
  const HostileOptions options_;
  std::unordered_map<PartitionId, int> truths_owed_;
};

}  // namespace dyad::store
