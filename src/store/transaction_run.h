#pragma once

#include <memory>
#include <vector>

#include "store/backend.h"
#include "store/overlay.h"
#include "store/sequencer.h"
#include "store/write_set.h"

namespace dyad::store {

/// One run of a transaction's body over base, pending rows and its own writes.
class TransactionRun final : public Transaction {
 public:
  TransactionRun(Backend& backend, Overlay& overlay, Sequencer& sequencer,
                 std::shared_ptr<const PartitionMap> map)
      : backend_(backend), overlay_(overlay), sequencer_(sequencer), writes_(std::move(map)) {}

  Task<Result<std::optional<std::string>>> get(PartitionId partition,
                                               std::string_view key) override;
  Task<Result<ScanPage>> scan(PartitionId partition, const ScanRange& range,
                              const ScanLimits& limits) override;
  Result<> put(PartitionId partition, std::string key, std::string value, Stamps in_key,
               Stamps in_value) override;
  Result<> erase(PartitionId partition, std::string key) override;
  Result<> append(PartitionId partition, std::string entry, Stamps in_entry) override;
  Result<PartitionId> create_partition() override;
  Result<> drop_partition(PartitionId partition) override;
  Result<Children> split_partition(PartitionId parent, std::string at) override;
  Result<> set_cursor(std::string_view follower, PartitionId partition, Timestamp upto) override;
  void makes_room() override { writes_.set_makes_room(); }
  Error need(std::vector<DeclaredKey> keys) override;

  WriteSet& writes() { return writes_; }
  std::vector<DeclaredKey>& needed() { return needed_; }
  /// The newest transaction whose pending rows this run has read.
  Timestamp depends_on() const { return depends_on_; }

 private:
  Backend& backend_;
  Overlay& overlay_;
  Sequencer& sequencer_;
  WriteSet writes_;
  std::vector<DeclaredKey> needed_;
  Timestamp depends_on_;
};

}  // namespace dyad::store
