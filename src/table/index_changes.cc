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

}  // namespace

Result<std::vector<IndexRowChange>> index_changes(const TableDescriptor& table,
                                                  store::PartitionId base_partition,
                                                  std::string_view base_key, ItemView old_item,
                                                  ItemView new_item) {
  std::vector<IndexRowChange> changes;
  for (const IndexDescriptor& index : table.indexes) {
    std::optional<std::string> old_key, new_key;
    if (!old_item.empty()) {
      DYAD_TRY_ASSIGN(old_key, index_key(table, index, base_key, old_item));
    }
    if (!new_item.empty()) {
      DYAD_TRY_ASSIGN(new_key, index_key(table, index, base_key, new_item));
    }
    const auto partition_of = [&](const std::string& key) {
      return index.kind == IndexDescriptor::Kind::local ? base_partition
                                                        : index.partitions.partition_of(key);
    };
    if (old_key && old_key != new_key)
      changes.push_back({partition_of(*old_key), with_kind(row_kind_of(&index), *old_key), {}});
    if (new_key) {
      std::string row = projected_row(table, index, new_item);
      // An update that touches nothing the index shows costs it nothing.
      if (old_key == new_key && row == projected_row(table, index, old_item)) continue;
      changes.push_back(
          {partition_of(*new_key), with_kind(row_kind_of(&index), *new_key), std::move(row)});
    }
  }
  return changes;
}

}  // namespace dyad::table
