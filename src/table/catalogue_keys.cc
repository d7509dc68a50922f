#include "table/catalogue_keys.h"

#include "base/bytes.h"
#include "table/row_kind.h"

namespace dyad::table {
namespace {

std::string catalogue_row(char letter, std::string_view rest) {
  std::string row;
  row.reserve(2 + rest.size());
  append_u8(row, static_cast<std::uint8_t>(RowKind::catalogue));
  row.push_back(letter);
  row.append(rest);
  return row;
}

}  // namespace

std::string descriptor_row(std::string_view table_name) {
  return catalogue_row('d', table_name);
}

std::string version_row(TableId id) {
  std::string rest;
  append_be64(rest, id.value());
  return catalogue_row('v', rest);
}

std::string next_table_id_row() {
  return catalogue_row('n', {});
}

std::string backfill_rows() {
  return catalogue_row('b', {});
}

std::string backfill_row(TableId id, std::string_view index_name) {
  std::string rest;
  append_be64(rest, id.value());
  rest.append(index_name);
  return catalogue_row('b', rest);
}

store::DeclaredKey descriptor_latch(std::string_view table_name, store::LatchMode mode) {
  return {store::kCatalogPartition, descriptor_row(table_name), mode};
}

store::DeclaredKey next_table_id_latch() {
  return {store::kCatalogPartition, next_table_id_row(), store::LatchMode::exclusive};
}

store::DeclaredKey backfill_latch(TableId id, std::string_view index_name) {
  return {store::kCatalogPartition, backfill_row(id, index_name), store::LatchMode::exclusive};
}

}  // namespace dyad::table
