#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"
#include "table/tables.h"

namespace dyad::table {

struct SplitOptions {
  /// A partition that took more writes than this since it was last looked at is cut in two.
  std::uint64_t writes_per_look = 200000;
  std::size_t max_splits_per_look = 4;
};

/// Cuts partitions that take much load, where the load is: at the middle of the keys written
/// lately. Driven by its caller's clock: one look is one bounded pass.
class SplitPolicy {
 public:
  SplitPolicy(Tables& tables, SplitOptions options) : tables_(tables), options_(options) {}

  /// How many partitions were split.
  Task<Result<std::size_t>> look(Deadline deadline);

 private:
  Task<Result<bool>> split_table(const TableRef& table, std::size_t& splits, Deadline deadline);
  Task<Result<bool>> split_map(const TableRef& table, std::string index, const PartitionMap& map,
                               std::size_t& splits, Deadline deadline);

  Tables& tables_;
  SplitOptions options_;
  std::unordered_map<store::PartitionId, std::uint64_t> writes_seen_;
  std::string next_table_;  ///< Where the next look goes on.
};

}  // namespace dyad::table
