#include "services/s3/bucket_table.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

using model::GetObjectTaggingInput;
using model::GetObjectTaggingOutput;

Task<Result<GetObjectTaggingOutput>> get_object_tagging(S3Service& service,
                                                        api::RequestContext& context,
                                                        GetObjectTaggingInput& input) {
  DYAD_CO_TRY(check_key(input.key));
  DYAD_CO_TRY(check_version_id(input.version_id));
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  Result<std::optional<table::StoredRow>> row = co_await service.tables().get(
      table, object_primary_key(input.bucket, input.key), context.deadline);
  if (!row) co_return fail(bucket_error(std::move(row).error(), input.bucket));
  // S3 tells the key of this one error with its bucket.
  if (!*row) co_return fail(object_missing(input.bucket + "/" + input.key, input.version_id));
  DYAD_CO_TRY_ASSIGN(const ObjectAttributes object, read_object_attributes((*row)->view().item));
  GetObjectTaggingOutput output;
  output.tag_set = tag_set_of(object.tags);
  co_return output;
}

}  // namespace dyad::s3
