#include "table/split_policy.h"

#include "base/log.h"
#include "table/key_place.h"
#include "table/load_sampler.h"

namespace dyad::table {

Task<Result<std::size_t>> SplitPolicy::look(Deadline deadline) {
  constexpr std::size_t kTablesPerLook = 1000;
  std::size_t splits = 0;
  DYAD_CO_TRY_ASSIGN(const std::vector<std::string> names,
                     co_await tables_.list({}, next_table_, kTablesPerLook));
  next_table_ = names.size() < kTablesPerLook ? std::string() : names.back();
  for (const std::string& name : names) {
    Result<TableRef> table = co_await tables_.find(name, deadline);
    if (!table) continue;  // Dropped since it was listed.
    DYAD_CO_TRY(co_await split_table(*table, splits, deadline));
    if (splits >= options_.max_splits_per_look) break;
  }
  co_return splits;
}

Task<Result<bool>> SplitPolicy::split_table(const TableRef& table, std::size_t& splits,
                                            Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const bool cut,
                     co_await split_map(table, {}, table->partitions, splits, deadline));
  if (cut) co_return true;
  for (const IndexDescriptor& index : table->indexes) {
    if (index.kind != IndexDescriptor::Kind::global) continue;
    DYAD_CO_TRY_ASSIGN(const bool index_cut,
                       co_await split_map(table, index.name, index.partitions, splits, deadline));
    if (index_cut) co_return true;
  }
  co_return false;
}

/// Cuts at most one partition of the map: afterwards the map is another one.
Task<Result<bool>> SplitPolicy::split_map(const TableRef& table, std::string index,
                                          const PartitionMap& map, std::size_t& splits,
                                          Deadline deadline) {
  for (std::size_t i = 0; i < map.size(); ++i) {
    const store::PartitionId id = map[i].partition;
    const Result<store::PartitionInfo> info = tables_.store().partition(id);
    if (!info) continue;
    std::uint64_t& seen = writes_seen_[id];
    const bool hot = info->writes - seen > options_.writes_per_look;
    seen = info->writes;
    if (!hot || map.size() >= kMaxPartitionsPerMap) continue;
    std::optional<std::string> at = tables_.sampler_->middle(id);
    if (!at) continue;
    if (index.empty()) at = nearest_split_point(*table, *at);
    if (*at <= map[i].lower || (!map.upper(i).empty() && *at >= map.upper(i))) continue;
    Result<TableRef> cut = co_await tables_.split(table->name, index, *at, deadline);
    if (!cut) {
      log::warning("split refused", "table={} error={}", table->name, cut.error().to_string());
      continue;
    }
    tables_.sampler_->forget(id);
    writes_seen_.erase(id);
    ++splits;
    log::info("partition split", "table={} index={} partitions={}", table->name, index,
              map.size() + 1);
    co_return true;
  }
  co_return false;
}

}  // namespace dyad::table
