#include "services/s3/bucket_settings.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

Task<Result<model::DeleteBucketTaggingOutput>> delete_bucket_tagging(
    S3Service& service, api::RequestContext& context, model::DeleteBucketTaggingInput& input) {
  std::function<void(BucketProperties&)> change = [](BucketProperties& bucket) {
    bucket.tags.clear();
  };
  DYAD_CO_TRY(co_await change_bucket_properties(service, context, input.bucket,
                                                input.expected_bucket_owner, std::move(change)));
  co_return model::DeleteBucketTaggingOutput();
}

}  // namespace dyad::s3
