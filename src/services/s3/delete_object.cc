#include "services/s3/bucket_table.h"
#include "services/s3/delete_condition.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using model::DeleteObjectInput;
using model::DeleteObjectOutput;

/// "How to perform conditional deletes": the date and the size are conditions of directory buckets
/// only.
Result<> check_request(const DeleteObjectInput& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(check_version_id(input.version_id));
  if (input.if_match_last_modified_time)
    return fail(header_not_implemented("x-amz-if-match-last-modified-time"));
  if (input.if_match_size) return fail(header_not_implemented("x-amz-if-match-size"));
  if (input.mfa) return fail(header_not_implemented("x-amz-mfa"));
  return {};
}

}  // namespace

Task<Result<DeleteObjectOutput>> delete_object(S3Service& service, api::RequestContext& context,
                                               DeleteObjectInput& input) {
  DYAD_CO_TRY(check_request(input));
  table::RowWrite write;
  DYAD_CO_TRY_ASSIGN(write.table, co_await find_bucket(service, context, input.bucket,
                                                       input.expected_bucket_owner));
  write.key = object_primary_key(input.bucket, input.key);
  write.by_owner = true;
  write.decide = [&input](const table::RowView& old) -> Result<table::Decision> {
    DYAD_TRY(check_delete_condition(input.if_match, old.item, input.key));
    return table::Decision::erase();
  };
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  const Result<store::Commit> erased =
      co_await service.tables().write(std::move(writes), context.deadline);
  if (!erased) co_return fail(bucket_error(erased.error(), input.bucket));
  co_return DeleteObjectOutput();
}

}  // namespace dyad::s3
