#pragma once

// Tables with indexes that come and go, for tests.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/tables.h"

namespace dyad::table {

inline RowCodecs codecs() {
  RowCodecs codecs;
  codecs.item = std::make_shared<ItemCodec>();
  codecs.object = std::make_shared<ObjectCodec>();
  return codecs;
}

inline TableSpec plain_table(std::string name = "plain") {
  TableSpec spec;
  spec.name = std::move(name);
  spec.keys.hash = {"id", Type::string};
  return spec;
}

/// Over "group" (S) and "score" (N).
inline IndexDescriptor group_index(std::string name = "by-group") {
  IndexDescriptor index;
  index.name = std::move(name);
  index.keys.hash = {"group", Type::string};
  index.keys.range = KeyAttribute{"score", Type::number};
  return index;
}

inline std::function<Result<>(TableDescriptor&)> add(IndexDescriptor index) {
  return [index](TableDescriptor& table) -> Result<> {
    table.indexes.push_back(index);
    return {};
  };
}

inline std::function<Result<>(TableDescriptor&)> remove(std::string name) {
  return [name](TableDescriptor& table) -> Result<> {
    std::erase_if(table.indexes, [&](const IndexDescriptor& index) { return index.name == name; });
    return {};
  };
}

inline PrimaryKey key_of_id(const std::string& id) {
  return {Value::string(id), {}};
}

inline RowWrite put(TableRef table, Item item) {
  RowWrite write;
  write.key = *key_of(table->keys, item.view());
  write.table = std::move(table);
  write.decide = [item = std::move(item)](const RowView&) -> Result<Decision> {
    return Decision::put(NewRow{item, {}});
  };
  return write;
}

inline RowWrite erase(TableRef table, const std::string& id) {
  RowWrite write;
  write.table = std::move(table);
  write.key = key_of_id(id);
  write.decide = [](const RowView&) -> Result<Decision> { return Decision::erase(); };
  return write;
}

}  // namespace dyad::table
