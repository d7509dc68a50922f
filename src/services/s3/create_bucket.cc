#include <algorithm>

#include "services/s3/bucket_name.h"
#include "services/s3/bucket_properties.h"
#include "services/s3/bucket_table.h"
#include "services/s3/operations.h"
#include "services/s3/regions.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"

namespace dyad::s3 {
namespace {

using model::CreateBucketInput;
using model::CreateBucketOutput;
using protocol::service_error;
using protocol::with_field;
namespace errors = model::errors;

Error illegal_location(std::string_view constraint) {
  return service_error(errors::kIllegalLocationConstraintException,
                       "The " + std::string(constraint) +
                           " location constraint is incompatible for the region specific endpoint "
                           "this request was sent to.");
}

/// "CreateBucket", LocationConstraint: us-east-1 is named by saying nothing, every other region by
/// its name.
Result<> check_location(const std::string& constraint, std::string_view region) {
  if (constraint.empty()) {
    if (region == kUsEast1) return {};
    return fail(illegal_location("unspecified"));
  }
  // The endpoint of us-east-1 knows all regions; another one, its own.
  if (region == kUsEast1 && !is_location_constraint(constraint))
    return fail(with_field(service_error(errors::kInvalidLocationConstraint), "LocationConstraint",
                           constraint));
  const std::string_view named = constraint == "EU" ? "eu-west-1" : std::string_view(constraint);
  if (named != region) return fail(illegal_location(constraint));
  return {};
}

CreateBucketOutput answer(const std::string& bucket) {
  CreateBucketOutput output;
  output.location = "/" + bucket;
  output.bucket_arn = bucket_arn(bucket);
  return output;
}

}  // namespace

Task<Result<CreateBucketOutput>> create_bucket(S3Service& service, api::RequestContext& context,
                                               CreateBucketInput& input) {
  if (!is_valid_bucket_name(input.bucket))
    co_return fail(
        with_field(service_error(errors::kInvalidBucketName), "BucketName", input.bucket));
  DYAD_CO_TRY(refuse_unserved(input));
  model::CreateBucketConfiguration configuration =
      std::move(input.create_bucket_configuration).value_or(model::CreateBucketConfiguration());
  const std::string constraint = configuration.location_constraint.value_or("");
  DYAD_CO_TRY(check_location(constraint, context.region));

  BucketProperties properties;
  properties.region = context.region;
  properties.owner_account = context.account_id;
  if (constraint != context.region) properties.location_constraint = constraint;
  DYAD_CO_TRY_ASSIGN(properties.tags,
                     tags_of_set(std::move(configuration.tags), TagOwner::new_bucket));
  table::TableSpec spec = bucket_table_spec(input.bucket);
  spec.properties = encode_bucket_properties(properties);
  const Result<table::TableRef> made =
      co_await service.tables().create(std::move(spec), context.deadline);
  if (made) co_return answer(input.bucket);
  if (made.error().code != ErrorCode::already_exists) co_return fail(made.error());
  // One account: the bucket is the sender's own. In us-east-1 that is no error ("CreateBucket",
  // BucketAlreadyOwnedByYou: "For legacy compatibility … returns 200 OK"), unless it would have to
  // set tags.
  if (context.region == kUsEast1 && properties.tags.empty()) co_return answer(input.bucket);
  co_return fail(
      with_field(service_error(errors::kBucketAlreadyOwnedByYou), "BucketName", input.bucket));
}

}  // namespace dyad::s3
