#include "table/index_changes.h"

#include <algorithm>
#include <optional>

#include "table/item_builder.h"
#include "table/key_place.h"
#include "table/key_range.h"
#include "table/record.h"

namespace dyad::table {
namespace {

bool projected(const TableDescriptor& table, const IndexDescriptor& index, std::string_view name) {
  if (index.projection.kind == Projection::Kind::all) return true;
  const auto is_key = [&](const KeySchema& keys) {
    return keys.hash.name == name || (keys.range && keys.range->name == name);
  };
  if (is_key(table.keys) || is_key(index.keys)) return true;
  const std::vector<std::string>& include = index.projection.include;
  return index.projection.kind == Projection::Kind::include &&
         std::find(include.begin(), include.end(), name) != include.end();
}

std::string projected_row(const TableDescriptor& table, const IndexDescriptor& index,
                          ItemView item) {
  if (index.projection.kind == Projection::Kind::all) return make_row({}, item.encoded());
  return make_row({}, filter_attributes(item, [&](std::string_view name) {
                        return projected(table, index, name);
                      }).encoded());
}

store::PartitionId partition_of(const IndexDescriptor& index, store::PartitionId base_partition,
                                std::string_view key) {
  if (index.kind == IndexDescriptor::Kind::local) return base_partition;
  return index.partitions.partition_of(key);
}

}  // namespace

bool same_index_keys(const IndexDescriptor& index, ItemView one, ItemView other) {
  const auto same = [&](const std::string& name) {
    const std::optional<ValueView> a = one.find(name);
    const std::optional<ValueView> b = other.find(name);
    return a.has_value() == b.has_value() && (!a || equal(*a, *b));
  };
  return same(index.keys.hash.name) && (!index.keys.range || same(index.keys.range->name));
}

Result<std::optional<IndexRowChange>> index_row(const TableDescriptor& table,
                                                const IndexDescriptor& index,
                                                store::PartitionId base_partition,
                                                std::string_view base_key, ItemView item) {
  DYAD_TRY_ASSIGN(const std::optional<std::string> key, index_key(table, index, base_key, item));
  if (!key) return std::optional<IndexRowChange>();
  IndexRowChange row;
  row.partition = partition_of(index, base_partition, *key);
  row.key = with_kind(row_kind_of(&index), *key);
  row.row = projected_row(table, index, item);
  return std::optional<IndexRowChange>(std::move(row));
}

Result<std::vector<IndexRowChange>> index_changes(const TableDescriptor& table,
                                                  store::PartitionId base_partition,
                                                  std::string_view base_key, ItemView old_item,
                                                  ItemView new_item) {
  std::vector<IndexRowChange> changes;
  for (const IndexDescriptor& index : table.indexes) {
    std::optional<std::string> old_key, new_key;
    if (!old_item.empty()) {
      // What the index cannot take was there before the index was, and never got into it.
      if (auto key = index_key(table, index, base_key, old_item)) old_key = std::move(*key);
    }
    if (!new_item.empty()) {
      auto key = index_key(table, index, base_key, new_item);
      if (key) {
        new_key = std::move(*key);
      } else if (old_item.empty() || !same_index_keys(index, old_item, new_item)) {
        return fail(std::move(key).error());
      }
    }
    if (old_key && old_key != new_key)
      changes.push_back({partition_of(index, base_partition, *old_key),
                         with_kind(row_kind_of(&index), *old_key),
                         {}});
    if (new_key) {
      std::string row = projected_row(table, index, new_item);
      // An update that touches nothing the index shows costs it nothing.
      if (old_key == new_key && row == projected_row(table, index, old_item)) continue;
      changes.push_back({partition_of(index, base_partition, *new_key),
                         with_kind(row_kind_of(&index), *new_key), std::move(row)});
    }
  }
  return changes;
}

}  // namespace dyad::table
