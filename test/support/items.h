#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/tables.h"

namespace dyad::proof {

// A table of items that say whose they are: hash key "id", and a global index "by-group" over
// "group" (S, may be missing) and "version" (N).

constexpr const char* kGroupIndex = "by-group";

/// What an item's attributes follow from.
struct ItemState {
  std::uint64_t version = 0;  ///< 0: there is no item.
  std::optional<int> group;
  /// "" or "7" or "7g2".
  std::string to_string() const;
  auto operator<=>(const ItemState&) const = default;
};

table::TableSpec item_table_spec(std::string name);
table::PrimaryKey item_key(const std::string& id);
table::Item make_item(const std::string& id, const ItemState& state);
/// corruption: the attributes do not agree with each other.
Result<ItemState> state_of_item(const std::string& id, table::ItemView item);

/// Puts (version 0: erases) the item.
table::RowWrite item_write(table::TableRef table, const std::string& id, const ItemState& state);
Task<Result<ItemState>> read_item(table::Tables& tables, table::TableRef table, std::string id);
/// All that the index holds, "id:state" each, sorted.
Task<Result<std::vector<std::string>>> read_index(table::Tables& tables, table::TableRef table,
                                                  std::string index = kGroupIndex);

}  // namespace dyad::proof
