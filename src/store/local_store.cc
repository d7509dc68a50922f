#include "store/local_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "store/merge_scan.h"
#include "store/transaction_run.h"

namespace dyad::store {
namespace {

std::vector<PartitionRecord> with_catalogue(std::vector<PartitionRecord> records) {
  const bool there = std::any_of(records.begin(), records.end(), [](const PartitionRecord& r) {
    return r.id == kCatalogPartition;
  });
  if (!there) records.emplace_back();
  return records;
}

PartitionInfo info_of(const PartitionEntry& entry) {
  PartitionInfo info;
  info.id = entry.id;
  info.lower = entry.lower;
  info.upper = entry.upper;
  info.parent = entry.parent;
  info.written_bytes = entry.counters->written_bytes.load(std::memory_order_relaxed);
  info.writes = entry.counters->writes.load(std::memory_order_relaxed);
  return info;
}

Error ever_changing() {
  return Error(ErrorCode::overloaded, "partitions kept changing under a read");
}

Error no_log(PartitionId partition) {
  return Error(ErrorCode::not_found,
               "there is no log of partition " + std::to_string(partition.value()));
}

Error trimmed_away(PartitionId partition, Timestamp after) {
  return Error(ErrorCode::out_of_range, "the log of partition " +
                                            std::to_string(partition.value()) + " after " +
                                            std::to_string(after.value()) + " was trimmed");
}

}  // namespace

LocalStore::LocalStore(Runtime& runtime, std::unique_ptr<Backend> backend, Recovered recovered)
    : runtime_(runtime),
      backend_(std::move(backend)),
      clock_(runtime.clock(), std::max(recovered.ceiling, recovered.durable_upto)),
      directory_(PartitionMap::of(with_catalogue(std::move(recovered.partitions)))),
      marks_(std::move(recovered.marks)),
      sequencer_(runtime, *backend_, clock_, overlay_, directory_, marks_, recovered.durable_upto,
                 recovered.next_partition_id) {}

LocalStore::~LocalStore() = default;

Result<> LocalStore::refuse_when_closing() const {
  if (gate_.closed()) return fail(ErrorCode::cancelled, "the store is closing");
  return {};
}

Result<Gate::Pass> LocalStore::enter() {
  std::optional<Gate::Pass> inside = gate_.enter();
  if (!inside) return fail(ErrorCode::cancelled, "the store is closing");
  return std::move(*inside);
}

Task<Result<std::optional<std::string>>> LocalStore::get(PartitionId partition,
                                                         std::string_view key) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  if (key.empty()) co_return fail(ErrorCode::invalid_argument, "a key begins with its kind");
  for (int i = 0; i < kMaxDirectoryRetries; ++i) {
    const std::uint64_t version = directory_.durable_version();
    const PartitionDirectory::Map map = directory_.durable();
    DYAD_CO_TRY_ASSIGN(const PartitionEntry* entry, map->owner_of(partition, key));
    const std::string physical = physical_key(entry->root, key);
    DYAD_CO_TRY_ASSIGN(std::optional<std::string> value, co_await backend_->read(physical));
    // Dropped rows are reclaimed after the drop shows here: what was read was all there.
    if (directory_.durable_version() == version) co_return std::move(value);
  }
  co_return fail(ever_changing());
}

Task<Result<std::vector<std::optional<std::string>>>> LocalStore::get_all(
    PartitionId partition, std::vector<std::string> keys) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  for (int i = 0; i < kMaxDirectoryRetries; ++i) {
    const std::uint64_t version = directory_.durable_version();
    const PartitionDirectory::Map map = directory_.durable();
    std::vector<std::string> physical;
    physical.reserve(keys.size());
    DYAD_CO_TRY(map->live(partition));
    for (const std::string& key : keys) {
      if (key.empty()) co_return fail(ErrorCode::invalid_argument, "a key begins with its kind");
      DYAD_CO_TRY_ASSIGN(const PartitionEntry* entry, map->owner_of(partition, key));
      physical.push_back(physical_key(entry->root, key));
    }
    DYAD_CO_TRY_ASSIGN(auto values, co_await backend_->read_all(physical));
    if (directory_.durable_version() == version) co_return std::move(values);
  }
  co_return fail(ever_changing());
}

Task<Result<ScanPage>> LocalStore::scan(PartitionId partition, const ScanRange& range,
                                        const ScanLimits& limits) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  for (int i = 0; i < kMaxDirectoryRetries; ++i) {
    const std::uint64_t version = directory_.durable_version();
    const PartitionDirectory::Map map = directory_.durable();
    DYAD_CO_TRY_ASSIGN(const PartitionEntry* entry, map->live(partition));
    const BaseSnapshot::Walk walk = [&](BaseCursor& base) {
      return merge_scan(*entry, range, limits, base, {});
    };
    const std::unique_ptr<BaseSnapshot> snapshot = backend_->snapshot();
    if (directory_.durable_version() != version) continue;
    co_return co_await snapshot->walk(walk);
  }
  co_return fail(ever_changing());
}

Task<Result<LogPage>> LocalStore::read_log(PartitionId partition, Timestamp after,
                                           const LogLimits& limits) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  // The order of these two matters: what is durable now was split, if at all, in the map read
  // after.
  const Timestamp durable = durable_upto();
  const PartitionDirectory::Map map = directory_.durable();
  const PartitionEntry* entry = map->find(partition);
  if (!entry) co_return fail(no_log(partition));
  if (marks_.trimmed_upto(partition) > after) co_return fail(trimmed_away(partition, after));

  const Timestamp upto = entry->live() ? durable : entry->ended_at;
  LogEntries found;
  if (upto > after) {
    DYAD_CO_TRY_ASSIGN(found, co_await backend_->read_log(partition, after, upto, limits));
  }
  // Trimmed or dropped while it was read: some of it may be missing.
  if (marks_.trimmed_upto(partition) > after) co_return fail(trimmed_away(partition, after));
  if (!directory_.durable()->find(partition)) co_return fail(no_log(partition));

  LogPage page;
  page.entries = std::move(found.entries);
  if (found.more) {
    DYAD_CHECK(!page.entries.empty());
    page.complete_upto = page.entries.back().timestamp;
    co_return std::move(page);
  }
  page.complete_upto = std::max(after, upto);
  if (!entry->live()) {
    page.ended = true;
    page.children = {entry->left, entry->right};
  }
  co_return std::move(page);
}

/// How far both children of a split were trimmed, at most to the parent's end.
Timestamp LocalStore::trimmed_of_children(const PartitionMap& map,
                                          const PartitionEntry& parent) const {
  Timestamp upto = parent.ended_at;
  if (map.find(parent.left)) upto = std::min(upto, marks_.trimmed_upto(parent.left));
  if (map.find(parent.right)) upto = std::min(upto, marks_.trimmed_upto(parent.right));
  return upto;
}

Task<Result<Timestamp>> LocalStore::trim_log(PartitionId partition, Timestamp upto) {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  const PartitionDirectory::Map map = directory_.durable();
  const PartitionEntry* entry = map->find(partition);
  if (!entry) co_return fail(no_log(partition));
  const Timestamp reached = marks_.trim(partition, std::min(upto, durable_upto()));
  DYAD_CO_TRY(co_await backend_->trim_log(partition, reached));
  // What neither child needs the parent that was split keeps no longer either, and so on upwards:
  // no caller has its name by then.
  while (entry->parent != entry->id && (entry = map->find(entry->parent))) {
    const Timestamp parents = marks_.trim(entry->id, trimmed_of_children(*map, *entry));
    DYAD_CO_TRY(co_await backend_->trim_log(entry->id, parents));
  }
  co_return reached;
}

Task<Result<std::optional<Timestamp>>> LocalStore::cursor(std::string_view follower,
                                                          PartitionId partition) {
  DYAD_CO_TRY(refuse_when_closing());
  co_return marks_.cursor(follower, partition);
}

Result<PartitionInfo> LocalStore::partition(PartitionId id) const {
  const PartitionDirectory::Map map = directory_.durable();
  DYAD_TRY_ASSIGN(const PartitionEntry* entry, map->live(id));
  return info_of(*entry);
}

std::vector<PartitionInfo> LocalStore::partitions() const {
  const PartitionDirectory::Map map = directory_.durable();
  std::vector<PartitionInfo> infos;
  for (const PartitionMap::Entry& entry : map->entries()) {
    if (entry->live()) infos.push_back(info_of(*entry));
  }
  return infos;
}

Task<Result<std::unique_ptr<Moment>>> LocalStore::hold_moment() {
  DYAD_CO_TRY_ASSIGN(const Gate::Pass inside, enter());
  co_return co_await backend_->hold_moment();
}

Task<Result<>> LocalStore::close() {
  co_await gate_.close();
  co_await sequencer_.stop();
  co_return co_await backend_->close(clock_.last());
}

}  // namespace dyad::store
