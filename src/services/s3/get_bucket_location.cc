#include "services/s3/bucket_settings.h"
#include "services/s3/operations.h"
#include "services/s3/regions.h"

namespace dyad::s3 {

Task<Result<model::GetBucketLocationOutput>> get_bucket_location(
    S3Service& service, api::RequestContext& context, model::GetBucketLocationInput& input) {
  DYAD_CO_TRY_ASSIGN(
      const std::shared_ptr<const BucketProperties> bucket,
      co_await find_bucket_properties(service, context, input.bucket, input.expected_bucket_owner));
  model::GetBucketLocationOutput output;
  // "Buckets in Region us-east-1 have a LocationConstraint of null."
  if (!bucket->location_constraint.empty()) {
    output.location_constraint = bucket->location_constraint;
  } else if (bucket->region != kUsEast1) {
    output.location_constraint = bucket->region;
  }
  co_return output;
}

}  // namespace dyad::s3
