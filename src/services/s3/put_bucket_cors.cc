#include "services/s3/bucket_settings.h"
#include "services/s3/checksums.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {

Task<Result<model::PutBucketCorsOutput>> put_bucket_cors(S3Service& service,
                                                         api::RequestContext& context,
                                                         model::PutBucketCorsInput& input) {
  DYAD_CO_TRY(check_document(context));
  if (context.document.size() > kMaxCorsDocumentBytes)
    co_return fail(protocol::service_error(model::errors::kMalformedXML));
  DYAD_CO_TRY_ASSIGN(std::vector<CorsRule> rules,
                     cors_rules_of(std::move(input.cors_configuration)));
  std::function<void(BucketProperties&)> change = [&rules](BucketProperties& bucket) {
    bucket.cors = rules;
  };
  DYAD_CO_TRY(co_await change_bucket_properties(service, context, input.bucket,
                                                input.expected_bucket_owner, std::move(change)));
  co_return model::PutBucketCorsOutput();
}

}  // namespace dyad::s3
