#pragma once

#include "store/hostile/malice.h"
#include "store/store.h"

namespace dyad::store {

/// What the runs of one transact share.
struct HostileRuns {
  int forced_left = kMaxForcedRuns;
  std::vector<PartitionId> touched;  ///< About each it lies at the first touch or not at all.
};

/// One run of a body, with errors thrown in.
class HostileTransaction final : public Transaction {
 public:
  HostileTransaction(Transaction& inner, Malice& malice, HostileRuns& runs)
      : inner_(inner), malice_(malice), runs_(runs) {}

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
  void makes_room() override { inner_.makes_room(); }
  Error need(std::vector<DeclaredKey> keys) override { return inner_.need(std::move(keys)); }

  /// It said retry; the run must not count, whatever the body made of that.
  bool said_retry() const { return said_retry_; }

 private:
  Result<> trouble(PartitionId partition);

  Transaction& inner_;
  Malice& malice_;
  HostileRuns& runs_;
  bool said_retry_ = false;
};

/// What a scan is cut down to; none: an empty page, to be asked again.
std::optional<ScanLimits> meagre(Malice& malice, ScanLimits limits);

}  // namespace dyad::store
