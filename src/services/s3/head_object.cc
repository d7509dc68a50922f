#include "services/s3/object_content.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

using model::HeadObjectInput;
using model::HeadObjectOutput;

namespace {

Result<HeadObjectOutput> describe(api::RequestContext& context, const HeadObjectInput& input,
                                  const ObjectAttributes& object, const table::PartList* parts) {
  DYAD_TRY_ASSIGN(const ReadPart part,
                  check_object(input, object, parts, context.clock->wall_ms()));
  if (part.range) context.status = 206;
  return describe_object<HeadObjectOutput>(input, object, part);
}

}  // namespace

Task<Result<HeadObjectOutput>> head_object(S3Service& service, api::RequestContext& context,
                                           HeadObjectInput& input) {
  DYAD_CO_TRY(check_read_request(context, input));
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  if (input.part_number) {
    DYAD_CO_TRY_ASSIGN(const FoundObject object,
                       co_await find_object(service, table, input.bucket, input.key,
                                            input.version_id, context.deadline));
    co_return describe(context, input, object.attributes, object.part_list());
  }
  Result<std::optional<table::StoredRow>> row = co_await service.tables().get(
      table, object_primary_key(input.bucket, input.key), context.deadline);
  if (!row) co_return fail(bucket_error(std::move(row).error(), input.bucket));
  if (!*row) co_return fail(object_missing(input.key, input.version_id));
  DYAD_CO_TRY_ASSIGN(const ObjectAttributes object, read_object_attributes((*row)->view().item));
  co_return describe(context, input, object, nullptr);
}

}  // namespace dyad::s3
