#include "services/s3/bucket_settings.h"
#include "services/s3/checksums.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

Task<Result<model::PutBucketTaggingOutput>> put_bucket_tagging(
    S3Service& service, api::RequestContext& context, model::PutBucketTaggingInput& input) {
  DYAD_CO_TRY(check_document(context));
  DYAD_CO_TRY_ASSIGN(Tags tags, tags_of_set(std::move(input.tagging.tag_set), TagOwner::bucket));
  std::function<void(BucketProperties&)> change = [&tags](BucketProperties& bucket) {
    bucket.tags = tags;
  };
  DYAD_CO_TRY(co_await change_bucket_properties(service, context, input.bucket,
                                                input.expected_bucket_owner, std::move(change)));
  context.status = 204;  // As S3 answers, although its model says nothing of it.
  co_return model::PutBucketTaggingOutput();
}

}  // namespace dyad::s3
