#include "services/s3/bucket_settings.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {

Task<Result<model::GetBucketCorsOutput>> get_bucket_cors(S3Service& service,
                                                         api::RequestContext& context,
                                                         model::GetBucketCorsInput& input) {
  DYAD_CO_TRY_ASSIGN(
      const std::shared_ptr<const BucketProperties> bucket,
      co_await find_bucket_properties(service, context, input.bucket, input.expected_bucket_owner));
  if (bucket->cors.empty())
    co_return fail(
        protocol::with_field(protocol::service_error(model::errors::kNoSuchCORSConfiguration),
                             "BucketName", input.bucket));
  model::GetBucketCorsOutput output;
  output.cors_rules = cors_rules_on_wire(bucket->cors);
  co_return output;
}

}  // namespace dyad::s3
