#include "table/object_codec.h"

#include "table/blob_references.h"
#include "table/object_row.h"
#include "table/row_kind.h"
#include "table/upload_rows.h"

namespace dyad::table {
namespace {

/// The first system attribute of `a` that `b` has not, or has with another value.
std::optional<std::string_view> differing_system_attribute(ItemView a, ItemView b) {
  const MapView attributes = a.attributes();
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const MapView::Entry entry = attributes[i];
    if (!is_system_attribute(entry.name)) continue;
    const std::optional<ValueView> other = b.find(entry.name);
    if (!other || !equal(entry.value, *other)) return entry.name;
  }
  return std::nullopt;
}

Error fixed_attribute(std::string_view name) {
  return Error(ErrorCode::invalid_argument,
               "One or more parameter values were invalid: The attribute " + std::string(name) +
                   " belongs to the object and is changed through S3 only");
}

Task<Result<>> release_parts(store::Transaction& tx, const KeyPlace& place) {
  const std::string row = place.row_key(RowKind::part_list);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> record,
                     co_await tx.get(place.partition, row));
  if (!record) co_return fail(ErrorCode::corruption, "an object's list of parts is missing");
  DYAD_CO_TRY_ASSIGN(const PartList list, decode_part_list(*record));
  for (const PartList::Part& part : list.parts)
    DYAD_CO_TRY(release_reference(tx, place, part.blob));
  co_return tx.erase(place.partition, row);
}

}  // namespace

Task<Result<>> ObjectCodec::release(store::Transaction& tx, const KeyPlace& place, ItemView,
                                    std::string_view old_private) {
  DYAD_CO_TRY_ASSIGN(const ObjectBytes bytes, decode_object_bytes(old_private));
  switch (bytes.place) {
    case ObjectBytes::Place::none:
      break;
    case ObjectBytes::Place::inline_row:
      co_return tx.erase(place.partition, place.row_key(RowKind::inline_bytes));
    case ObjectBytes::Place::blob:
      co_return release_reference(tx, place, bytes.blob);
    case ObjectBytes::Place::parts:
      co_return co_await release_parts(tx, place);
  }
  co_return Result<>();
}

Result<> ObjectCodec::admit_item_write(ItemView old_item, ItemView new_item) {
  if (new_item.empty()) return {};
  if (old_item.empty())
    return fail(
        ErrorCode::invalid_argument,
        "One or more parameter values were invalid: An object cannot be made without bytes; "
        "put it through S3 first");
  if (const auto name = differing_system_attribute(old_item, new_item))
    return fail(fixed_attribute(*name));
  if (const auto name = differing_system_attribute(new_item, old_item))
    return fail(fixed_attribute(*name));
  return {};
}

}  // namespace dyad::table
