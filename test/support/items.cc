#include "test/support/items.h"

#include <algorithm>

#include "table/item_builder.h"
#include "test/support/bodies.h"

namespace dyad::proof {
namespace {

constexpr std::size_t kPayloadBytes = 300;

}  // namespace

std::string ItemState::to_string() const {
  if (version == 0) return {};
  return std::to_string(version) + (group ? "g" + std::to_string(*group) : "");
}

table::TableSpec item_table_spec(std::string name) {
  table::TableSpec spec;
  spec.name = std::move(name);
  spec.keys.hash = {"id", table::Type::string};
  table::IndexDescriptor index;
  index.name = kGroupIndex;
  index.keys.hash = {"group", table::Type::string};
  index.keys.range = table::KeyAttribute{"version", table::Type::number};
  spec.indexes.push_back(std::move(index));
  spec.log_images = table::LogImages::new_image;
  return spec;
}

table::PrimaryKey item_key(const std::string& id) {
  table::PrimaryKey key;
  key.hash = table::Value::string(id);
  return key;
}

table::Item make_item(const std::string& id, const ItemState& state) {
  table::ItemBuilder builder;
  builder.string("id", id).number("version", Decimal(static_cast<std::int64_t>(state.version)));
  if (state.group) builder.string("group", std::to_string(*state.group));
  builder.set("payload", table::Value::binary(make_body(id, state.version, kPayloadBytes)));
  return builder.build();
}

Result<ItemState> state_of_item(const std::string& id, table::ItemView item) {
  if (item.empty()) return ItemState();
  const auto payload = item.find("payload");
  const auto group = item.find("group");
  ItemState state;
  if (payload) state.version = version_of_body(id, payload->as_binary());
  if (group) state.group = std::stoi(std::string(group->as_string()));
  if (state.version == 0 || make_item(id, state).encoded() != item.encoded())
    return fail(ErrorCode::corruption, "item " + id + " is not what anybody wrote");
  return state;
}

table::RowWrite item_write(table::TableRef table, const std::string& id, const ItemState& state) {
  table::RowWrite write;
  write.table = std::move(table);
  write.key = item_key(id);
  write.decide = [id, state](const table::RowView&) -> Result<table::Decision> {
    if (state.version == 0) return table::Decision::erase();
    return table::Decision::put(table::NewRow{make_item(id, state), {}});
  };
  return write;
}

Task<Result<ItemState>> read_item(table::Tables& tables, table::TableRef table, std::string id) {
  DYAD_CO_TRY_ASSIGN(const std::optional<table::StoredRow> row,
                     co_await tables.get(std::move(table), item_key(id), Deadline::never()));
  if (!row) co_return ItemState();
  co_return state_of_item(id, row->view().item);
}

Task<Result<std::vector<std::string>>> read_index(table::Tables& tables, table::TableRef table,
                                                  std::string index) {
  std::vector<std::string> found;
  std::optional<std::string> start;
  while (true) {
    table::ScanSpec spec;
    spec.table = table;
    spec.index = index;
    spec.start = start;
    DYAD_CO_TRY_ASSIGN(const table::RowPage page,
                       co_await tables.scan(std::move(spec), Deadline::never()));
    for (const table::RowView& row : page.rows) {
      const std::string id(row.item.find("id")->as_string());
      DYAD_CO_TRY_ASSIGN(const ItemState state, state_of_item(id, row.item));
      found.push_back(id + ":" + state.to_string());
    }
    if (!page.more) break;
    DYAD_CO_TRY_ASSIGN(std::string position,
                       table::position_of(*table, index, page.rows.back().item));
    start = std::move(position);
  }
  std::sort(found.begin(), found.end());
  co_return found;
}

}  // namespace dyad::proof
