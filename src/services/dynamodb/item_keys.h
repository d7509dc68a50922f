#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/tables.h"

namespace dyad::dynamodb {

/// Of a Key parameter: the key attributes, all of them and nothing else. ValidationException.
Result<table::PrimaryKey> key_of_key(const table::TableDescriptor& table, table::ItemView key);
/// Of an item to be put. ValidationException.
Result<table::PrimaryKey> key_of_item(const table::TableDescriptor& table, table::ItemView item);

/// Whether the error is about an empty key value: such ones leave a transaction at once.
bool is_empty_key_value(std::string_view message);

/// The names of the key attributes, hash key first.
std::vector<std::string_view> key_names(const table::KeySchema& keys);

/// May `item`, which replaces `old_item` (empty: none), stand in the table's indexes?
/// ValidationException: an indexed attribute of a wrong type, or empty; what was so before may
/// stay. `updated`: in the words for an update.
Result<> check_index_keys(const table::TableDescriptor& table, table::ItemView old_item,
                          table::ItemView item, bool updated);
/// Such an error of Tables::write in the words that UpdateItem has for it.
Error in_words_of_update(Error error);

}  // namespace dyad::dynamodb
