#include "services/s3/bucket_table.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/upload_end.h"

namespace dyad::s3 {

using model::AbortMultipartUploadInput;
using model::AbortMultipartUploadOutput;

Task<Result<AbortMultipartUploadOutput>> abort_multipart_upload(S3Service& service,
                                                                api::RequestContext& context,
                                                                AbortMultipartUploadInput& input) {
  DYAD_CO_TRY_ASSIGN(const UploadTarget target, co_await upload_target(service, context, input));
  // "This functionality is only supported for directory buckets."
  if (input.if_match_initiated_time)
    co_return fail(header_not_implemented("x-amz-if-match-initiated-time"));
  Result<> ended = co_await abort_upload(service, target, context.deadline);
  if (!ended) co_return fail(bucket_error(std::move(ended).error(), input.bucket));
  co_return AbortMultipartUploadOutput();
}

}  // namespace dyad::s3
