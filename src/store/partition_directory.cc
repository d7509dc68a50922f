#include "store/partition_directory.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::store {
namespace {

struct ById {
  bool operator()(const PartitionMap::Entry& a, PartitionId b) const { return a->id < b; }
};

Error gone(PartitionId id) {
  return Error(ErrorCode::not_owner,
               "partition " + std::to_string(id.value()) + " is not there any more");
}

std::shared_ptr<PartitionEntry> entry_of(PartitionRecord record) {
  auto entry = std::make_shared<PartitionEntry>();
  static_cast<PartitionRecord&>(*entry) = std::move(record);
  entry->counters = std::make_shared<PartitionCounters>();
  return entry;
}

std::shared_ptr<PartitionEntry> child_of(const PartitionEntry& parent, PartitionId id) {
  PartitionRecord record;
  record.id = id;
  record.root = parent.root;
  record.lower = parent.lower;
  record.upper = parent.upper;
  record.parent = parent.id;
  return entry_of(std::move(record));
}

void insert(std::vector<PartitionMap::Entry>& entries, PartitionMap::Entry entry) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry->id, ById{});
  DYAD_CHECK(at == entries.end() || (*at)->id != entry->id);
  entries.insert(at, std::move(entry));
}

}  // namespace

std::string physical_key(PartitionId root, std::string_view key) {
  std::string physical;
  physical.reserve(kRootBytes + key.size());
  append_be64(physical, root.value());
  physical.append(key);
  return physical;
}

std::string physical_end(PartitionId root) {
  std::string end;
  append_be64(end, root.value() + 1);
  return end;
}

std::shared_ptr<const PartitionMap> PartitionMap::of(std::vector<PartitionRecord> records) {
  auto map = std::make_shared<PartitionMap>();
  for (PartitionRecord& record : records) insert(map->entries_, entry_of(std::move(record)));
  return map;
}

const PartitionEntry* PartitionMap::find(PartitionId id) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), id, ById{});
  return at != entries_.end() && (*at)->id == id ? at->get() : nullptr;
}

PartitionMap::Entry PartitionMap::entry(PartitionId id) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), id, ById{});
  return at != entries_.end() && (*at)->id == id ? *at : nullptr;
}

Result<const PartitionEntry*> PartitionMap::live(PartitionId id) const {
  const PartitionEntry* entry = find(id);
  if (!entry || !entry->live()) return fail(gone(id));
  return entry;
}

Result<const PartitionEntry*> PartitionMap::owner_of(PartitionId id, std::string_view key) const {
  const PartitionEntry* entry = find(id);
  if (!entry || !entry->live()) return fail(gone(id));
  if (entry->bounded() && !entry->holds(key)) {
    return fail(ErrorCode::not_owner,
                "partition " + std::to_string(id.value()) + " does not hold this key");
  }
  return entry;
}

Result<std::shared_ptr<const PartitionMap>> PartitionMap::after(const PartitionChange& change,
                                                                Timestamp at) const {
  auto next = std::make_shared<PartitionMap>(*this);
  auto& entries = next->entries_;
  if (change.kind == PartitionChange::Kind::create) {
    PartitionRecord record;
    record.id = record.root = record.parent = change.id;
    insert(entries, entry_of(std::move(record)));
    return next;
  }
  if (change.id == kCatalogPartition) {
    return fail(ErrorCode::invalid_argument, "the catalogue's partition is never split or dropped");
  }
  const auto place = std::lower_bound(entries.begin(), entries.end(), change.id, ById{});
  if (place == entries.end() || (*place)->id != change.id) return fail(gone(change.id));
  if (change.kind == PartitionChange::Kind::drop) {
    entries.erase(place);
    return next;
  }
  const PartitionEntry& parent = **place;
  if (!parent.live()) return fail(gone(change.id));
  if (change.at <= parent.lower || (!parent.upper.empty() && change.at >= parent.upper)) {
    return fail(ErrorCode::invalid_argument, "a partition is cut strictly inside its bounds");
  }
  auto left = child_of(parent, change.left);
  left->upper = change.at;
  auto right = child_of(parent, change.right);
  right->lower = change.at;
  auto ended = std::make_shared<PartitionEntry>(parent);
  ended->ended_at = at;
  ended->left = change.left;
  ended->right = change.right;
  *place = std::move(ended);
  insert(entries, std::move(left));
  insert(entries, std::move(right));
  return next;
}

void PartitionDirectory::publish_durable(Map map) {
  store(durable_, std::move(map));
  version_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace dyad::store
