#include "services/s3/object_content.h"

#include "services/s3/object_body.h"
#include "services/s3/object_read.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using table::ObjectBytes;
using Body = std::unique_ptr<http::BodyReader>;

Error damaged(std::string_view what) {
  return Error(ErrorCode::corruption,
               "an object's row and its bytes disagree: " + std::string(what));
}

Result<Body> open_inline(FoundObject& object, const ObjectBytes& bytes, const ByteRange& range) {
  if (!object.rows.beside) return fail(damaged("the row of its bytes is missing"));
  DYAD_TRY_ASSIGN(const table::Record record, table::parse_record(*object.rows.beside));
  if (record.body.size() != bytes.size_bytes) return fail(damaged("another size"));
  const auto from = static_cast<std::size_t>(record.body.data() - object.rows.beside->data());
  return std::make_unique<ObjectBody>(std::move(*object.rows.beside), from, range);
}

Task<Result<Body>> open_blob(S3Service& service, ObjectBytes bytes, ByteRange range) {
  Result<std::unique_ptr<blob::BlobReader>> reader = co_await service.blobs().open(bytes.blob);
  if (!reader && reader.error().code == ErrorCode::not_found)
    co_return fail(damaged("blob " + std::to_string(bytes.blob.value()) + " is missing"));
  if (!reader) co_return fail(std::move(reader).error());
  if ((*reader)->size_bytes() != bytes.size_bytes) co_return fail(damaged("another size"));
  co_return std::make_unique<ObjectBody>(std::move(*reader), range);
}

/// How often an object in parts is read anew that somebody else keeps replacing.
constexpr int kMaxPartsAttempts = 64;

Result<bool> is_in_parts(const table::Tables::RowAndBeside& rows) {
  DYAD_TRY_ASSIGN(const ObjectBytes bytes,
                  table::decode_object_bytes(rows.row->view().private_part));
  return bytes.place == ObjectBytes::Place::parts;
}

Task<Result<Body>> open_parts(S3Service& service, const FoundObject& object, ObjectBytes bytes,
                              ByteRange range) {
  if (!object.parts) co_return fail(damaged("the list of its parts is missing"));
  const table::PartList& list = *object.parts;
  if (list.parts.size() != bytes.part_count || size_bytes_of(list) != bytes.size_bytes)
    co_return fail(damaged("its parts are of another number or size"));
  auto body = std::make_unique<PartsBody>(service.blobs(), service.pins(), list, range);
  PartsBody& opened = *body;
  DYAD_CO_TRY(co_await opened.open_first());
  co_return Body(std::move(body));
}

}  // namespace

Task<Result<FoundObject>> find_object(S3Service& service, const table::TableRef& table,
                                      const std::string& bucket, const std::string& key,
                                      const std::optional<std::string>& version_id,
                                      Deadline deadline) {
  // Most objects are in one piece: what goes with it is read at once, a list of parts only when
  // there is one to be read.
  table::RowKind beside = table::RowKind::inline_bytes;
  for (int attempt = 0; attempt < kMaxPartsAttempts; ++attempt) {
    FoundObject object;
    Result<table::Tables::RowAndBeside> rows = co_await service.tables().get_with(
        table, object_primary_key(bucket, key), beside, deadline);
    if (!rows) co_return fail(bucket_error(std::move(rows).error(), bucket));
    if (!rows->row) co_return fail(object_missing(key, version_id));
    object.rows = std::move(*rows);
    DYAD_CO_TRY_ASSIGN(const bool in_parts, is_in_parts(object.rows));
    const bool read_parts = beside == table::RowKind::part_list;
    beside = in_parts ? table::RowKind::part_list : table::RowKind::inline_bytes;
    if (in_parts != read_parts) continue;
    if (in_parts && object.rows.beside) {
      DYAD_CO_TRY_ASSIGN(object.parts, table::decode_part_list(*object.rows.beside));
    }
    DYAD_CO_TRY_ASSIGN(object.attributes, read_object_attributes(object.rows.row->view().item));
    co_return object;
  }
  co_return fail(protocol::service_error(model::errors::kSlowDown));
}

Task<Result<Body>> open_content(S3Service& service, FoundObject& object,
                                const std::optional<ByteRange>& part) {
  DYAD_CO_TRY_ASSIGN(const ObjectBytes bytes,
                     table::decode_object_bytes(object.rows.row->view().private_part));
  if (bytes.size_bytes != object.attributes.size_bytes) co_return fail(damaged("another size"));
  const ByteRange range = part.value_or(ByteRange{0, bytes.size_bytes});
  switch (bytes.place) {
    case ObjectBytes::Place::none:
      break;
    case ObjectBytes::Place::inline_row:
      co_return open_inline(object, bytes, range);
    case ObjectBytes::Place::blob:
      co_return co_await open_blob(service, bytes, range);
    case ObjectBytes::Place::parts:
      co_return co_await open_parts(service, object, bytes, range);
  }
  co_return std::make_unique<ObjectBody>(std::string(), 0, ByteRange());
}

}  // namespace dyad::s3
