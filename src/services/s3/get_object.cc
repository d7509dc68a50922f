#include "services/s3/object_body.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using model::GetObjectInput;
using model::GetObjectOutput;
using table::ObjectBytes;
using Found = table::Tables::RowAndBeside;

Error damaged(std::string_view what) {
  return Error(ErrorCode::corruption,
               "an object's row and its bytes disagree: " + std::string(what));
}

Result<std::unique_ptr<http::BodyReader>> open_inline(const Found& found, const ObjectBytes& bytes,
                                                      const ByteRange& range) {
  if (!found.beside) return fail(damaged("the row of its bytes is missing"));
  DYAD_TRY_ASSIGN(const table::Record record, table::parse_record(*found.beside));
  if (record.body.size() != bytes.size_bytes) return fail(damaged("another size"));
  return std::make_unique<ObjectBody>(std::string(record.body.substr(
      static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.length))));
}

Task<Result<std::unique_ptr<http::BodyReader>>> open_blob(S3Service& service, ObjectBytes bytes,
                                                          ByteRange range) {
  Result<std::unique_ptr<blob::BlobReader>> reader = co_await service.blobs().open(bytes.blob);
  if (!reader && reader.error().code == ErrorCode::not_found)
    co_return fail(damaged("blob " + std::to_string(bytes.blob.value()) + " is missing"));
  if (!reader) co_return fail(std::move(reader).error());
  if ((*reader)->size_bytes() != bytes.size_bytes) co_return fail(damaged("another size"));
  co_return std::make_unique<ObjectBody>(std::move(*reader), range);
}

Task<Result<std::unique_ptr<http::BodyReader>>> open_body(S3Service& service, const Found& found,
                                                          std::uint64_t size_bytes,
                                                          const ReadPart& part) {
  DYAD_CO_TRY_ASSIGN(const ObjectBytes bytes,
                     table::decode_object_bytes(found.row->view().private_part));
  if (bytes.size_bytes != size_bytes) co_return fail(damaged("another size"));
  const ByteRange range = part.range.value_or(ByteRange{0, size_bytes});
  switch (bytes.place) {
    case ObjectBytes::Place::none:
      break;
    case ObjectBytes::Place::inline_row:
      co_return open_inline(found, bytes, range);
    case ObjectBytes::Place::blob:
      co_return co_await open_blob(service, bytes, range);
  }
  co_return std::make_unique<ObjectBody>(std::string());
}

}  // namespace

Task<Result<GetObjectOutput>> get_object(S3Service& service, api::RequestContext& context,
                                         GetObjectInput& input) {
  DYAD_CO_TRY(check_read_request(context, input));
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  // Until the bytes are open, so that the reaper leaves them where the row says they are.
  const table::ReadPins::Pin pin = service.pins().pin();
  Result<Found> found =
      co_await service.tables().get_with(table, object_primary_key(input.bucket, input.key),
                                         table::RowKind::inline_bytes, context.deadline);
  if (!found) co_return fail(bucket_error(std::move(found).error(), input.bucket));
  if (!found->row) co_return fail(object_missing(input.key, input.version_id));
  DYAD_CO_TRY_ASSIGN(const ObjectAttributes object,
                     read_object_attributes(found->row->view().item));
  DYAD_CO_TRY_ASSIGN(const ReadPart part, check_object(input, object, context.clock->wall_ms()));
  DYAD_CO_TRY_ASSIGN(context.reply_body,
                     co_await open_body(service, *found, object.size_bytes, part));
  if (part.range) context.status = 206;
  co_return describe_object<GetObjectOutput>(input, object, part);
}

}  // namespace dyad::s3
