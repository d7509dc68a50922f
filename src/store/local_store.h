#pragma once

#include <memory>

#include "runtime/gate.h"
#include "runtime/runtime.h"
#include "store/backend.h"
#include "store/hybrid_clock.h"
#include "store/latch_table.h"
#include "store/log_marks.h"
#include "store/overlay.h"
#include "store/partition_directory.h"
#include "store/sequencer.h"
#include "store/store.h"

namespace dyad::store {

class TransactionRun;

/// How often a plain read begins again because partitions changed under it; then `overloaded`.
constexpr int kMaxDirectoryRetries = 64;

/// Everything of a Store that does not depend on where the base lies. One an engine instance.
/// Constructed anywhere; used from coroutines.
class LocalStore final : public Store {
 public:
  /// `runtime` and what `recovered` speaks of outlive the store.
  LocalStore(Runtime& runtime, std::unique_ptr<Backend> backend, Recovered recovered);
  ~LocalStore() override;

  Task<Result<Commit>> transact(std::vector<DeclaredKey> declared, Body body,
                                Deadline deadline) override;
  Task<Result<std::optional<std::string>>> get(PartitionId partition,
                                               std::string_view key) override;
  Task<Result<std::vector<std::optional<std::string>>>> get_all(
      PartitionId partition, std::vector<std::string> keys) override;
  Task<Result<ScanPage>> scan(PartitionId partition, const ScanRange& range,
                              const ScanLimits& limits) override;
  Task<Result<LogPage>> read_log(PartitionId partition, Timestamp after,
                                 const LogLimits& limits) override;
  Task<Result<Timestamp>> trim_log(PartitionId partition, Timestamp upto) override;
  Task<Result<std::optional<Timestamp>>> cursor(std::string_view follower,
                                                PartitionId partition) override;
  Timestamp durable_upto() const override { return sequencer_.durable_upto(); }
  Result<PartitionInfo> partition(PartitionId id) const override;
  std::vector<PartitionInfo> partitions() const override;
  Traits traits() const override { return {}; }
  Task<Result<std::unique_ptr<Moment>>> hold_moment() override;
  Task<Result<>> close() override;

  HybridClock& clock() { return clock_; }

 private:
  Task<Result<Commit>> attempts(std::vector<DeclaredKey> declared, const Body& body,
                                Deadline deadline);
  Task<Result<>> take(LatchTable::Set& latches, const std::vector<DeclaredKey>& declared,
                      Deadline deadline);
  Task<Result<>> wait_for_what_was_seen(TransactionRun& run);
  Timestamp trimmed_of_children(const PartitionMap& map, const PartitionEntry& parent) const;
  /// For as long as the caller works with what close() will take away.
  Result<Gate::Pass> enter();
  Result<> refuse_when_closing() const;

  Runtime& runtime_;
  std::unique_ptr<Backend> backend_;
  HybridClock clock_;
  LatchTable latches_;
  Overlay overlay_;
  PartitionDirectory directory_;
  LogMarks marks_;
  Sequencer sequencer_;
  Gate gate_;
};

}  // namespace dyad::store
