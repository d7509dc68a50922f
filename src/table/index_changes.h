#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/tables.h"

namespace dyad::table {

/// One row of an index to write or to erase.
struct IndexRowChange {
  store::PartitionId partition;
  std::string key;  ///< With its kind byte.
  std::string row;  ///< The record to put; empty: erase.
};

/// What the table's indexes need when `old_item` (empty: none) gives way to `new_item` (empty:
/// none) at `base_key`, whose partition is `base_partition`. The same function serves an engine
/// that keeps its indexes in the transaction and one whose indexes are kept by a follower of the
/// log. invalid_argument: an indexed attribute of `new_item` has a wrong type or is empty, and
/// `old_item` had another value: what was there before the index was added may stay, outside of it.
Result<std::vector<IndexRowChange>> index_changes(const TableDescriptor& table,
                                                  store::PartitionId base_partition,
                                                  std::string_view base_key, ItemView old_item,
                                                  ItemView new_item);

/// The row of one item in one index; none: it has none there. invalid_argument: as above.
Result<std::optional<IndexRowChange>> index_row(const TableDescriptor& table,
                                                const IndexDescriptor& index,
                                                store::PartitionId base_partition,
                                                std::string_view base_key, ItemView item);

/// Are the attributes by which the index sorts the same in both?
bool same_index_keys(const IndexDescriptor& index, ItemView one, ItemView other);

}  // namespace dyad::table
