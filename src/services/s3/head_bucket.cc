#include "services/s3/bucket_table.h"
#include "services/s3/operations.h"
#include "services/s3/regions.h"

namespace dyad::s3 {

Task<Result<model::HeadBucketOutput>> head_bucket(S3Service& service, api::RequestContext& context,
                                                  model::HeadBucketInput& input) {
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  model::HeadBucketOutput output;
  output.bucket_arn = bucket_arn(input.bucket);
  output.bucket_region = context.region;
  output.access_point_alias = false;
  co_return output;
}

}  // namespace dyad::s3
