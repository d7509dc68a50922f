#include "store/transaction_run.h"

#include <algorithm>

#include "store/merge_scan.h"

namespace dyad::store {
namespace {

/// How many pending rows more than the page's one scan takes along; beyond, the page ends early.
constexpr std::size_t kExtraPendingRows = 256;

/// The part of `range` that the collected pending rows cover.
ScanRange covered(const ScanRange& range, const std::string& cut_key) {
  ScanRange part = range;
  if (range.reverse) {
    part.begin = cut_key + '\0';
  } else {
    part.end = cut_key;
  }
  return part;
}

/// `next` of a page over covered(range, cut_key), as it continues over the whole of `range`.
ScanRange beyond(const ScanRange& range, const std::string& cut_key,
                 const std::optional<ScanRange>& next) {
  ScanRange rest = range;
  if (range.reverse) {
    rest.end = next ? next->end : cut_key + '\0';
  } else {
    rest.begin = next ? next->begin : cut_key;
  }
  return rest;
}

}  // namespace

Task<Result<std::optional<std::string>>> TransactionRun::get(PartitionId partition,
                                                             std::string_view key) {
  if (key.empty()) co_return fail(ErrorCode::invalid_argument, "a key begins with its kind");
  DYAD_CO_TRY_ASSIGN(const PartitionEntry* entry, writes_.map().owner_of(partition, key));
  const std::string physical = physical_key(entry->root, key);
  if (const RowWrite* own = writes_.find(physical)) co_return own->value;
  if (const Overlay::Pending pending = overlay_.find(physical)) {
    depends_on_ = std::max(depends_on_, pending.owner->timestamp);
    co_return pending.row->value;
  }
  co_return co_await backend_.read(physical);
}

Task<Result<ScanPage>> TransactionRun::scan(PartitionId partition, const ScanRange& range,
                                            const ScanLimits& limits) {
  DYAD_CO_TRY_ASSIGN(const PartitionEntry* entry, writes_.map().live(partition));
  const PhysicalRange bounds = physical_range(*entry, range);
  if (bounds.from >= bounds.to) co_return ScanPage();
  Overlay::Collected pending = overlay_.collect(bounds.from, bounds.to, range.reverse,
                                                limits.rows + kExtraPendingRows, backend_);
  std::vector<OverRow> over;
  over.reserve(pending.rows.size());
  for (const Overlay::Pending& row : pending.rows) {
    depends_on_ = std::max(depends_on_, row.owner->timestamp);
    over.push_back({row.row->key, row.row->value ? &*row.row->value : nullptr});
  }
  over = lay_over(writes_.range(bounds.from, bounds.to), over);

  std::string cut_key;
  ScanRange part = range;
  if (pending.cut) {
    cut_key = pending.cut->substr(kRootBytes);
    part = covered(range, cut_key);
  }
  const BaseSnapshot::Walk walk = [&](BaseCursor& base) {
    return merge_scan(*entry, part, limits, base, over);
  };
  DYAD_CO_TRY_ASSIGN(ScanPage page, co_await pending.base->walk(walk));
  if (pending.cut) page.next = beyond(range, cut_key, page.next);
  co_return std::move(page);
}

Result<> TransactionRun::put(PartitionId partition, std::string key, std::string value,
                             Stamps in_key, Stamps in_value) {
  return writes_.put(partition, std::move(key), std::move(value), in_key, in_value);
}

Result<> TransactionRun::erase(PartitionId partition, std::string key) {
  return writes_.erase(partition, std::move(key));
}

Result<> TransactionRun::append(PartitionId partition, std::string entry, Stamps in_entry) {
  return writes_.append(partition, std::move(entry), in_entry);
}

Result<PartitionId> TransactionRun::create_partition() {
  PartitionChange change;
  change.kind = PartitionChange::Kind::create;
  change.id = sequencer_.new_partition_id();
  const PartitionId made = change.id;
  DYAD_TRY(writes_.change(std::move(change)));
  return made;
}

Result<> TransactionRun::drop_partition(PartitionId partition) {
  PartitionChange change;
  change.kind = PartitionChange::Kind::drop;
  change.id = partition;
  return writes_.change(std::move(change));
}

Result<Transaction::Children> TransactionRun::split_partition(PartitionId parent, std::string at) {
  PartitionChange change;
  change.kind = PartitionChange::Kind::split;
  change.id = parent;
  change.left = sequencer_.new_partition_id();
  change.right = sequencer_.new_partition_id();
  change.at = std::move(at);
  const Children children{change.left, change.right};
  DYAD_TRY(writes_.change(std::move(change)));
  return children;
}

Result<> TransactionRun::set_cursor(std::string_view follower, PartitionId partition,
                                    Timestamp upto) {
  return writes_.set_cursor(follower, partition, upto);
}

Error TransactionRun::need(std::vector<DeclaredKey> keys) {
  needed_ = std::move(keys);
  return Error(ErrorCode::need_keys, "the body needs more latches than were declared");
}

}  // namespace dyad::store
