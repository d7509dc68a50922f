#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/descriptor.h"
#include "table/item.h"
#include "table/tables.h"

namespace dyad::table {

// From key attributes to positions: which bytes a row's key is, in the table and in each index.
// (key_encoding.h encodes single values; this file knows tables.)

/// The table's key of a row, without kind byte. The values have the schema's types and sizes
/// (invalid_argument otherwise).
Result<std::string> table_key(const TableDescriptor& table, const PrimaryKey& key);

/// The row's key in an index; none: the item lacks an attribute of the index and is not in it.
/// invalid_argument: the attribute is there with a wrong type or is empty (DynamoDB refuses the
/// write).
Result<std::optional<std::string>> index_key(const TableDescriptor& table,
                                             const IndexDescriptor& index,
                                             std::string_view base_key, ItemView item);

/// What all keys of one hash key value begin with, in the table or an index (both without kind
/// byte).
std::string hash_prefix(const TableDescriptor& table, ValueView hash);

/// The kind byte of the rows of the table (`index` null) or an index.
std::uint8_t row_kind_of(const IndexDescriptor* index);
/// Where those rows live.
const PartitionMap& partitions_of(const TableDescriptor& table, const IndexDescriptor* index);

/// invalid_argument: `at` would part what must stay together: rows of one hash key where the table
/// has local indexes, whose rows sort otherwise; a row in key order and the rows beside it.
Result<> check_split_point(const TableDescriptor& table, std::string_view at);
/// The last allowed split point at or before `key`.
std::string nearest_split_point(const TableDescriptor& table, std::string_view key);

}  // namespace dyad::table
