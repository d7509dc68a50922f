#include "store/write_set.h"

#include <algorithm>
#include <limits>

namespace dyad::store {
namespace {

constexpr std::size_t kStampBytes = 8;

bool fits(const Stamps& stamps, std::size_t size) {
  if (stamps.count > stamps.offsets.size()) return false;
  for (std::uint8_t i = 0; i < stamps.count; ++i) {
    if (stamps.offsets[i] + kStampBytes > size) return false;
  }
  return true;
}

Result<> check_key(std::string_view key) {
  if (key.empty()) return fail(ErrorCode::invalid_argument, "a key begins with its kind");
  if (key.size() > kMaxKeyBytes) {
    return fail(ErrorCode::too_large,
                "a key is at most " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  return {};
}

}  // namespace

Result<> WriteSet::put(PartitionId partition, std::string key, std::string value, Stamps in_key,
                       Stamps in_value) {
  if (value.empty()) return fail(ErrorCode::invalid_argument, "a value is never empty");
  if (value.size() > kMaxValueBytes) {
    return fail(ErrorCode::too_large,
                "a value is at most " + std::to_string(kMaxValueBytes) + " bytes");
  }
  if (!fits(in_value, value.size())) {
    return fail(ErrorCode::invalid_argument, "a stamp lies outside its value");
  }
  return write(partition, std::move(key), std::move(value), in_key, in_value);
}

Result<> WriteSet::erase(PartitionId partition, std::string key) {
  return write(partition, std::move(key), std::nullopt, {}, {});
}

Result<> WriteSet::write(PartitionId partition, std::string key, std::optional<std::string> value,
                         Stamps in_key, Stamps in_value) {
  DYAD_TRY(check_key(key));
  if (!fits(in_key, key.size())) {
    return fail(ErrorCode::invalid_argument, "a stamp lies outside its key");
  }
  DYAD_TRY_ASSIGN(const PartitionEntry* entry, map_->owner_of(partition, key));
  std::string physical = physical_key(entry->root, key);
  for (std::uint8_t i = 0; i < in_key.count; ++i) in_key.offsets[i] += kRootBytes;
  const std::size_t value_bytes = value ? value->size() : 0;

  const std::uint32_t before = index_of(physical);
  if (before != kNone) {
    RowWrite& row = rows_[before];
    DYAD_TRY(count(value_bytes, row.value ? row.value->size() : 0, 0));
    row.value = std::move(value);
    row.in_key = in_key;
    row.in_value = in_value;
    row.partition = entry;
    return {};
  }
  DYAD_TRY(count(key.size() + value_bytes, 0, 1));
  rows_.push_back({std::move(physical), std::move(value), in_key, in_value, entry});
  index_new_row();
  return {};
}

Result<> WriteSet::append(PartitionId partition, std::string entry, Stamps in_entry) {
  if (!fits(in_entry, entry.size())) {
    return fail(ErrorCode::invalid_argument, "a stamp lies outside its log entry");
  }
  DYAD_TRY_ASSIGN(const PartitionEntry* owner, map_->live(partition));
  DYAD_TRY(count(entry.size(), 0, 1));
  log_.push_back({partition, std::move(entry), in_entry, owner});
  return {};
}

Result<> WriteSet::change(PartitionChange change) {
  DYAD_TRY_ASSIGN(auto next,
                  map_->after(change, Timestamp(std::numeric_limits<std::uint64_t>::max())));
  DYAD_TRY(count(change.at.size(), 0, 1));
  const PartitionId parent = parent_left_behind(change, *next);
  if (PartitionMap::Entry replaced = map_->entry(change.id)) replaced_.push_back(replaced);
  map_ = std::move(next);
  changes_.push_back(std::move(change));
  if (parent == kCatalogPartition) return {};
  PartitionChange drop_parent;
  drop_parent.kind = PartitionChange::Kind::drop;
  drop_parent.id = parent;
  return this->change(std::move(drop_parent));
}

/// The parent whose last child `change` drops: nobody could name it again, and its log would stay
/// for good. The catalogue's partition, which is nobody's parent: none.
PartitionId WriteSet::parent_left_behind(const PartitionChange& change,
                                         const PartitionMap& next) const {
  if (change.kind != PartitionChange::Kind::drop) return kCatalogPartition;
  const PartitionEntry* parent = next.find(map_->find(change.id)->parent);
  if (!parent || next.find(parent->left) || next.find(parent->right)) return kCatalogPartition;
  return parent->id;
}

Result<> WriteSet::set_cursor(std::string_view follower, PartitionId partition, Timestamp upto) {
  if (follower.empty() || follower.size() > kMaxKeyBytes) {
    return fail(ErrorCode::invalid_argument,
                "a follower has a name of at most " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  // A follower finishes the log of a partition that was split; only a dropped one has none.
  if (!map_->find(partition)) {
    return fail(ErrorCode::not_owner,
                "partition " + std::to_string(partition.value()) + " is not there any more");
  }
  DYAD_TRY(count(follower.size(), 0, 1));
  cursors_.push_back({std::string(follower), partition, upto});
  return {};
}

Result<> WriteSet::count(std::size_t more_bytes, std::size_t fewer_bytes, std::size_t more_rows) {
  if (units_ + more_rows > kMaxTransactionRows) {
    return fail(ErrorCode::too_large, "a transaction writes at most " +
                                          std::to_string(kMaxTransactionRows) +
                                          " rows and entries");
  }
  const std::size_t bytes = bytes_ + more_bytes - fewer_bytes;
  if (bytes > kMaxTransactionBytes) {
    return fail(ErrorCode::too_large,
                "a transaction writes at most " + std::to_string(kMaxTransactionBytes) + " bytes");
  }
  bytes_ = bytes;
  units_ += more_rows;
  return {};
}

std::uint32_t WriteSet::index_of(std::string_view physical) const {
  if (index_) {
    const auto at = index_->find(physical);
    return at == index_->end() ? kNone : *at;
  }
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].key == physical) return i;
  }
  return kNone;
}

void WriteSet::index_new_row() {
  if (index_) {
    index_->insert(static_cast<std::uint32_t>(rows_.size() - 1));
    return;
  }
  if (rows_.size() <= kScanRows) return;
  index_ = std::make_unique<std::set<std::uint32_t, ByKey>>(ByKey{&rows_});
  for (std::uint32_t i = 0; i < rows_.size(); ++i) index_->insert(i);
}

const RowWrite* WriteSet::find(std::string_view physical) const {
  const std::uint32_t i = index_of(physical);
  return i == kNone ? nullptr : &rows_[i];
}

std::vector<OverRow> WriteSet::range(std::string_view from, std::string_view to) const {
  std::vector<OverRow> found;
  const auto add = [&](const RowWrite& row) {
    found.push_back({row.key, row.value ? &*row.value : nullptr});
  };
  if (index_) {
    for (auto at = index_->lower_bound(from); at != index_->end() && rows_[*at].key < to; ++at) {
      add(rows_[*at]);
    }
    return found;
  }
  for (const RowWrite& row : rows_) {
    if (row.key >= from && row.key < to) add(row);
  }
  std::sort(found.begin(), found.end(),
            [](const OverRow& a, const OverRow& b) { return a.key < b.key; });
  return found;
}

}  // namespace dyad::store
