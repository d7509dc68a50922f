#include "services/s3/bucket_settings.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

Task<Result<model::DeleteBucketCorsOutput>> delete_bucket_cors(
    S3Service& service, api::RequestContext& context, model::DeleteBucketCorsInput& input) {
  std::function<void(BucketProperties&)> change = [](BucketProperties& bucket) {
    bucket.cors.clear();
  };
  DYAD_CO_TRY(co_await change_bucket_properties(service, context, input.bucket,
                                                input.expected_bucket_owner, std::move(change)));
  co_return model::DeleteBucketCorsOutput();
}

}  // namespace dyad::s3
