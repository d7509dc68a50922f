#include "services/dynamodb/item_keys.h"

#include "services/dynamodb/service_errors.h"
#include "table/index_changes.h"
#include "table/key_encoding.h"
#include "table/key_place.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::KeyAttribute;
using table::Value;
using table::ValueView;

constexpr std::string_view kPutIndexKey =
    "A value specified for a secondary index key is not supported.";
constexpr std::string_view kUpdateIndexKey =
    "The update expression attempted to update a secondary index key to a value that is not "
    "supported.";

Result<Value> take(const KeyAttribute& attribute, ItemView key, bool is_hash) {
  const std::optional<ValueView> value = key.find(attribute.name);
  if (!value || value->type() != attribute.type)
    return fail(validation("The provided key element does not match the schema"));
  if (auto fine = table::check_key_value(attribute, *value, is_hash); !fine)
    return fail(translate(std::move(fine).error()));
  return Value(*value);
}

}  // namespace

Result<table::PrimaryKey> key_of_key(const table::TableDescriptor& table, ItemView key) {
  if (key.attributes().size() != (table.keys.range ? 2U : 1U))
    return fail(validation("The provided key element does not match the schema"));
  table::PrimaryKey made;
  DYAD_TRY_ASSIGN(made.hash, take(table.keys.hash, key, true));
  if (table.keys.range) {
    DYAD_TRY_ASSIGN(made.range, take(*table.keys.range, key, false));
  }
  return made;
}

Result<table::PrimaryKey> key_of_item(const table::TableDescriptor& table, ItemView item) {
  auto key = table::key_of(table.keys, item);
  if (!key) return fail(translate(std::move(key).error()));
  if (auto fine = table::check_key_value(table.keys.hash, key->hash.view(), true); !fine)
    return fail(translate(std::move(fine).error()));
  if (table.keys.range) {
    if (auto fine = table::check_key_value(*table.keys.range, key->range->view(), false); !fine)
      return fail(translate(std::move(fine).error()));
  }
  return key;
}

bool is_empty_key_value(std::string_view message) {
  return message.starts_with("One or more parameter values are not valid.");
}

std::vector<std::string_view> key_names(const table::KeySchema& keys) {
  std::vector<std::string_view> names = {keys.hash.name};
  if (keys.range) names.push_back(keys.range->name);
  return names;
}

Error in_words_of_update(Error error) {
  const std::size_t at = error.message.find(kPutIndexKey);
  if (at == std::string::npos) return error;
  // The update's sentence does not name index and attribute.
  const std::size_t names = error.message.find(" IndexName: ");
  if (names != std::string::npos) error.message.resize(names);
  error.message.replace(at, kPutIndexKey.size(), kUpdateIndexKey);
  return error;
}

Result<> check_index_keys(const table::TableDescriptor& table, ItemView old_item, ItemView item,
                          bool updated) {
  // The position itself does not matter here, so any base key will do.
  static constexpr std::string_view kAnyKey = "        ";
  for (const table::IndexDescriptor& index : table.indexes) {
    auto key = table::index_key(table, index, kAnyKey, item);
    if (key) continue;
    if (!old_item.empty() && table::same_index_keys(index, old_item, item)) continue;
    Error error = std::move(key).error();
    return fail(translate(updated ? in_words_of_update(std::move(error)) : std::move(error)));
  }
  return {};
}

}  // namespace dyad::dynamodb
