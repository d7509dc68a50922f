#include "table/key_place.h"

#include <algorithm>

#include "base/bytes.h"
#include "table/key_encoding.h"
#include "table/row_kind.h"

namespace dyad::table {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

Result<> check_key_type(const KeyAttribute& attribute, ValueView value) {
  if (value.type() == attribute.type) return {};
  return invalid("One or more parameter values were invalid: Type mismatch for key " +
                 attribute.name + " expected: " + std::string(type_name(attribute.type)) +
                 " actual: " + std::string(type_name(value.type())));
}

Result<> check_index_value(const IndexDescriptor& index, const KeyAttribute& attribute,
                           ValueView value, bool is_hash) {
  if (value.type() != attribute.type)
    return invalid("One or more parameter values were invalid: Type mismatch for Index Key " +
                   attribute.name + " Expected: " + std::string(type_name(attribute.type)) +
                   " Actual: " + std::string(type_name(value.type())) +
                   " IndexName: " + index.name);
  const bool empty = (value.type() == Type::string && value.as_string().empty()) ||
                     (value.type() == Type::binary && value.as_binary().empty());
  if (empty)
    return invalid(
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is "
        "not supported. The AttributeValue for a key attribute cannot contain an empty " +
        std::string(value.type() == Type::string ? "string" : "binary") +
        " value. IndexName: " + index.name + ", IndexKey: " + attribute.name);
  return check_key_value(attribute, value, is_hash);
}

/// Objects carry metadata that nobody promised an index a type for: what does not fit is left out
/// of the index instead of refusing the upload.
bool lenient(const TableDescriptor& table) {
  return table.codec == RowCodecKind::object;
}

}  // namespace

Result<std::string> table_key(const TableDescriptor& table, const PrimaryKey& key) {
  DYAD_TRY(check_key_type(table.keys.hash, key.hash.view()));
  DYAD_TRY(check_key_value(table.keys.hash, key.hash.view(), true));
  if (table.keys.range.has_value() != key.range.has_value())
    return invalid("The provided key element does not match the schema");
  if (key.range) {
    DYAD_TRY(check_key_type(*table.keys.range, key.range->view()));
    DYAD_TRY(check_key_value(*table.keys.range, key.range->view(), false));
  }
  std::string encoded;
  if (table.placement == Placement::ordered) {
    if (key.hash.view().as_string() != table.ordered_hash)
      return invalid("One or more parameter values were invalid: " + table.keys.hash.name +
                     " is always " + table.ordered_hash + " in this table");
    append_range_value(encoded, key.range->view(), true);
    return encoded;
  }
  append_hash_prefix(encoded, key.hash.view());
  if (key.range) append_range_value(encoded, key.range->view(), false);
  return encoded;
}

Result<std::optional<std::string>> index_key(const TableDescriptor& table,
                                             const IndexDescriptor& index,
                                             std::string_view base_key, ItemView item) {
  const std::optional<ValueView> hash = item.find(index.keys.hash.name);
  std::optional<ValueView> range;
  if (index.keys.range) range = item.find(index.keys.range->name);
  const bool complete = hash && (range || !index.keys.range);
  // A wrong type is refused even where the other attribute is missing.
  const auto check = [&](const std::optional<ValueView>& value, const KeyAttribute& attribute,
                         bool is_hash) -> Result<bool> {
    if (!value) return true;
    Result<> fine = check_index_value(index, attribute, *value, is_hash);
    if (fine) return true;
    if (lenient(table)) return false;
    return fail(std::move(fine).error());
  };
  DYAD_TRY_ASSIGN(const bool hash_fits, check(hash, index.keys.hash, true));
  bool range_fits = true;
  if (index.keys.range) {
    DYAD_TRY_ASSIGN(range_fits, check(range, *index.keys.range, false));
  }
  if (!complete || !hash_fits || !range_fits) return std::optional<std::string>();

  std::string encoded;
  append_hash_prefix(encoded, *hash);
  if (range) append_range_value(encoded, *range, false);
  if (index.kind == IndexDescriptor::Kind::global) {
    // The whole base key after the index's own: it keeps equal index keys apart.
    if (table.placement == Placement::ordered) {
      encoded.append(base_key);
    } else {
      encoded.append(base_key.substr(sizeof(std::uint64_t)));
    }
  } else if (table.keys.range) {
    const std::optional<ValueView> base_range = item.find(table.keys.range->name);
    if (!base_range) return invalid("One of the required keys was not given a value");
    append_range_value(encoded, *base_range, false);
  }
  return std::optional<std::string>(std::move(encoded));
}

std::string hash_prefix(const TableDescriptor& table, ValueView hash) {
  std::string prefix;
  if (table.placement == Placement::hashed) append_hash_prefix(prefix, hash);
  return prefix;
}

std::uint8_t row_kind_of(const IndexDescriptor* index) {
  if (index == nullptr) return static_cast<std::uint8_t>(RowKind::current);
  if (index->kind == IndexDescriptor::Kind::global)
    return static_cast<std::uint8_t>(RowKind::index);
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(RowKind::local_index) +
                                   index->local_number);
}

const PartitionMap& partitions_of(const TableDescriptor& table, const IndexDescriptor* index) {
  const bool own = index != nullptr && index->kind == IndexDescriptor::Kind::global;
  return own ? index->partitions : table.partitions;
}

std::string nearest_split_point(const TableDescriptor& table, std::string_view key) {
  // Beside a row of such a table stand rows of its key and more behind it, which begins with a zero
  // byte (blob_references.h, upload_rows.h). A cut at a key without one leaves them together.
  if (table.placement == Placement::ordered) return std::string(key.substr(0, key.find('\0')));
  const bool has_local = std::any_of(
      table.indexes.begin(), table.indexes.end(),
      [](const IndexDescriptor& index) { return index.kind == IndexDescriptor::Kind::local; });
  if (!has_local) return std::string(key);
  std::string_view rest = key.substr(std::min<std::size_t>(key.size(), sizeof(std::uint64_t)));
  const Result<Value> hash = read_key_value(rest, table.keys.hash.type);
  if (!hash) return std::string(key.substr(0, sizeof(std::uint64_t)));
  return std::string(key.substr(0, key.size() - rest.size()));
}

Result<> check_split_point(const TableDescriptor& table, std::string_view at) {
  if (at.empty() || nearest_split_point(table, at) != at)
    return invalid("a split there would part rows that belong together");
  return {};
}

Result<PrimaryKey> key_of(const KeySchema& keys, ItemView item) {
  const auto take = [&](const KeyAttribute& attribute) -> Result<Value> {
    const std::optional<ValueView> value = item.find(attribute.name);
    if (!value)
      return invalid("One or more parameter values were invalid: Missing the key " +
                     attribute.name + " in the item");
    DYAD_TRY(check_key_type(attribute, *value));
    return Value(*value);
  };
  PrimaryKey key;
  DYAD_TRY_ASSIGN(key.hash, take(keys.hash));
  if (keys.range) {
    DYAD_TRY_ASSIGN(key.range, take(*keys.range));
  }
  return key;
}

Result<std::string> position_of(const TableDescriptor& table, std::string_view index,
                                ItemView item) {
  DYAD_TRY_ASSIGN(const PrimaryKey key, key_of(table.keys, item));
  DYAD_TRY_ASSIGN(std::string base_key, table_key(table, key));
  if (index.empty()) return base_key;
  const IndexDescriptor* found = table.find_index(index);
  if (found == nullptr) return fail(ErrorCode::not_found, "there is no index");
  DYAD_TRY_ASSIGN(std::optional<std::string> position, index_key(table, *found, base_key, item));
  if (!position) return invalid("The provided starting key is invalid");
  return std::move(*position);
}

}  // namespace dyad::table
