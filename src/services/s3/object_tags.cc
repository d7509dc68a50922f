#include "services/s3/object_tags.h"

#include "services/s3/bucket_table.h"
#include "services/s3/object_read.h"
#include "table/item_builder.h"
#include "table/object_row.h"

namespace dyad::s3 {
namespace {

constexpr std::string_view kPrefix = table::object_attribute::kTagPrefix;

table::Item with_tags(table::ItemView old, const Tags& tags) {
  table::ItemBuilder item;
  const table::MapView attributes = old.attributes();
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const table::MapView::Entry entry = attributes[i];
    if (!entry.name.starts_with(kPrefix)) item.set(entry.name, entry.value);
  }
  for (const auto& [key, value] : tags) item.string(std::string(kPrefix) + key, value);
  return item.build();
}

}  // namespace

Task<Result<>> replace_tags(S3Service& service, const api::RequestContext& context,
                            const TaggedObject& object, const Tags& tags) {
  DYAD_CO_TRY(check_key(object.key));
  DYAD_CO_TRY(check_version_id(object.version_id));
  table::RowWrite write;
  DYAD_CO_TRY_ASSIGN(write.table,
                     co_await find_bucket(service, context, object.bucket, object.expected_owner));
  write.key = object_primary_key(object.bucket, object.key);
  write.by_owner = true;
  write.makes_room = tags.empty();
  write.decide = [&](const table::RowView& old) -> Result<table::Decision> {
    if (old.item.empty()) return fail(object_missing(object.key, object.version_id));
    table::NewRow row;
    row.item = with_tags(old.item, tags);
    row.keep_private = true;
    return table::Decision::put(std::move(row));
  };
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  const Result<store::Commit> written =
      co_await service.tables().write(std::move(writes), context.deadline);
  if (!written) co_return fail(bucket_error(written.error(), object.bucket));
  co_return Result<>();
}

}  // namespace dyad::s3
