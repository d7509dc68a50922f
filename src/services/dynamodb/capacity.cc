#include "services/dynamodb/capacity.h"

#include <algorithm>

#include "table/item_builder.h"
#include "table/key_place.h"

namespace dyad::dynamodb {
namespace {

using table::IndexDescriptor;
using table::ItemView;
using table::TableDescriptor;

constexpr std::uint64_t kWriteUnitBytes = 1024;
constexpr std::uint64_t kReadUnitBytes = 4096;

std::uint64_t steps(std::uint64_t bytes, std::uint64_t step) {
  return std::max<std::uint64_t>(1, (bytes + step - 1) / step);
}

bool is_key(const table::KeySchema& keys, std::string_view name) {
  return keys.hash.name == name || (keys.range && keys.range->name == name);
}

bool projects(const TableDescriptor& table, const IndexDescriptor& index, std::string_view name) {
  const table::Projection& projection = index.projection;
  if (projection.kind == table::Projection::Kind::all) return true;
  if (is_key(table.keys, name) || is_key(index.keys, name)) return true;
  return projection.kind == table::Projection::Kind::include &&
         std::find(projection.include.begin(), projection.include.end(), name) !=
             projection.include.end();
}

bool in_index(const IndexDescriptor& index, ItemView item) {
  if (item.empty() || !item.find(index.keys.hash.name)) return false;
  return !index.keys.range || item.find(index.keys.range->name).has_value();
}

/// The item's share in the index; without attributes: it is not in it.
table::Item index_image(const TableDescriptor& table, const IndexDescriptor& index, ItemView item) {
  const bool present = in_index(index, item);
  return table::filter_attributes(
      item, [&](std::string_view name) { return present && projects(table, index, name); });
}

bool same_key(const IndexDescriptor& index, ItemView a, ItemView b) {
  const auto same = [&](const std::string& name) {
    return a.find(name)->encoded() == b.find(name)->encoded();
  };
  return same(index.keys.hash.name) && (!index.keys.range || same(index.keys.range->name));
}

/// A changed key is an erased row and a new one.
double index_units(const TableDescriptor& table, const IndexDescriptor& index, ItemView old_item,
                   ItemView new_item) {
  const table::Item old_image = index_image(table, index, old_item);
  const table::Item new_image = index_image(table, index, new_item);
  if (old_image.encoded() == new_image.encoded()) return 0;
  const bool was = in_index(index, old_item);
  const bool is = in_index(index, new_item);
  const auto units = [](const table::Item& image) {
    return static_cast<double>(steps(dynamodb_size_bytes(image.view()), kWriteUnitBytes));
  };
  if (was && is && same_key(index, old_item, new_item))
    return std::max(units(old_image), units(new_image));
  return (was ? units(old_image) : 0) + (is ? units(new_image) : 0);
}

model::Capacity capacity(double units, std::optional<CapacityReport::Units> kind) {
  model::Capacity made;
  made.capacity_units = units;
  if (kind == CapacityReport::Units::read) made.read_capacity_units = units;
  if (kind == CapacityReport::Units::write) made.write_capacity_units = units;
  return made;
}

std::optional<protocol::Map<model::Capacity>> capacities(
    const protocol::Map<double>& units, std::optional<CapacityReport::Units> kind) {
  if (units.empty()) return std::nullopt;
  protocol::Map<model::Capacity> made;
  for (const auto& [name, value] : units) made.emplace(name, capacity(value, kind));
  return made;
}

model::ConsumedCapacity consumed(const std::string& table, const CapacityUse& use, bool indexes,
                                 std::optional<CapacityReport::Units> kind) {
  model::ConsumedCapacity made;
  made.table_name = table;
  made.capacity_units = use.total();
  if (kind == CapacityReport::Units::read) made.read_capacity_units = use.total();
  if (kind == CapacityReport::Units::write) made.write_capacity_units = use.total();
  if (!indexes) return made;
  made.table = capacity(use.table, kind);
  made.local_secondary_indexes = capacities(use.local, kind);
  made.global_secondary_indexes = capacities(use.global, kind);
  return made;
}

}  // namespace

double CapacityUse::total() const {
  double sum = table;
  for (const auto& [name, units] : local) sum += units;
  for (const auto& [name, units] : global) sum += units;
  return sum;
}

void CapacityUse::add(const CapacityUse& other) {
  table += other.table;
  for (const auto& [name, units] : other.local) local[name] += units;
  for (const auto& [name, units] : other.global) global[name] += units;
}

CapacityUse write_units(const TableDescriptor& table, ItemView old_item, ItemView new_item) {
  const std::uint64_t bytes =
      std::max(dynamodb_size_bytes(old_item), dynamodb_size_bytes(new_item));
  CapacityUse use;
  use.table = static_cast<double>(steps(bytes, kWriteUnitBytes));
  for (const IndexDescriptor& index : table.indexes) {
    const double units = index_units(table, index, old_item, new_item);
    if (units == 0) continue;
    (index.kind == IndexDescriptor::Kind::local ? use.local : use.global)[index.name] = units;
  }
  return use;
}

double read_units(std::uint64_t bytes, bool consistent) {
  return static_cast<double>(steps(bytes, kReadUnitBytes)) * (consistent ? 1.0 : 0.5);
}

std::optional<model::ConsumedCapacity> CapacityReport::report(const std::string& table,
                                                              const CapacityUse& use) const {
  if (!wanted_) return std::nullopt;
  return consumed(table, use, indexes_, std::nullopt);
}

std::optional<model::ConsumedCapacity> CapacityReport::report(const std::string& table,
                                                              const CapacityUse& use,
                                                              Units units) const {
  if (!wanted_) return std::nullopt;
  return consumed(table, use, indexes_, units);
}

std::optional<model::ItemCollectionMetrics> collection_metrics(
    const TableDescriptor& table, const std::optional<std::string>& mode, table::ValueView hash) {
  const bool has_local = std::any_of(
      table.indexes.begin(), table.indexes.end(),
      [](const IndexDescriptor& index) { return index.kind == IndexDescriptor::Kind::local; });
  if (mode != "SIZE" || !has_local) return std::nullopt;
  model::ItemCollectionMetrics metrics;
  metrics.item_collection_key = table::ItemBuilder().set(table.keys.hash.name, hash).build();
  metrics.size_estimate_range_gb = std::vector<double>{0.0, 1.0};
  return metrics;
}

}  // namespace dyad::dynamodb
