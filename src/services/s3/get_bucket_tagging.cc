#include "services/s3/bucket_settings.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {

Task<Result<model::GetBucketTaggingOutput>> get_bucket_tagging(
    S3Service& service, api::RequestContext& context, model::GetBucketTaggingInput& input) {
  DYAD_CO_TRY_ASSIGN(
      const std::shared_ptr<const BucketProperties> bucket,
      co_await find_bucket_properties(service, context, input.bucket, input.expected_bucket_owner));
  if (bucket->tags.empty())
    co_return fail(protocol::with_field(protocol::service_error(model::errors::kNoSuchTagSet),
                                        "BucketName", input.bucket));
  model::GetBucketTaggingOutput output;
  output.tag_set = tag_set_of(bucket->tags);
  co_return output;
}

}  // namespace dyad::s3
