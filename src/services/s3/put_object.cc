#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/object_commit.h"
#include "services/s3/operations.h"
#include "services/s3/unserved_features.h"

namespace dyad::s3 {
namespace {

using model::PutObjectInput;
using model::PutObjectOutput;

/// All that a PutObject says before its body.
struct PutPlan {
  ObjectTarget target;
  ObjectAttributes attributes;
  IntegrityPlan integrity;
};

Result<> plan_request(PutPlan& plan, const api::RequestContext& context, PutObjectInput& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(refuse_unserved(input));
  plan.target.bucket = input.bucket;
  plan.target.key = input.key;
  DYAD_TRY_ASSIGN(plan.target.conditions, write_conditions(input.if_match, input.if_none_match));
  DYAD_TRY_ASSIGN(plan.integrity,
                  plan_integrity(IntegrityHeaders::of(input, context.announced_trailers)));
  DYAD_TRY_ASSIGN(plan.attributes, attributes_of_request(input));
  return {};
}

PutObjectOutput answer(const ObjectAttributes& attributes) {
  PutObjectOutput output;
  output.e_tag = attributes.quoted_e_tag();
  checksum_member(output, *attributes.checksum_kind) = attributes.checksum_text;
  output.checksum_type = attributes.checksum_type;
  return output;
}

}  // namespace

Task<Result<PutObjectOutput>> put_object(S3Service& service, api::RequestContext& context,
                                         PutObjectInput& input) {
  PutPlan plan;
  DYAD_CO_TRY(plan_request(plan, context, input));
  DYAD_CO_TRY_ASSIGN(plan.target.table, co_await find_bucket(service, context, input.bucket,
                                                             input.expected_bucket_owner));
  DYAD_CO_TRY(co_await check_early(service, plan.target, context.deadline));
  http::BodyReader& body = *context.body;
  DYAD_CO_TRY_ASSIGN(const Upload upload,
                     co_await receive_upload(service, body, plan.integrity.kind,
                                             blob_owner(*plan.target.table, input.key)));
  DYAD_CO_TRY(check_integrity(plan.integrity, upload.digests, context.trailers));
  complete_attributes(plan.attributes, upload, plan.integrity.kind, context.clock->wall_ms());
  DYAD_CO_TRY(
      co_await store_object(service, plan.target, plan.attributes, upload, context.deadline));
  co_return answer(plan.attributes);
}

}  // namespace dyad::s3
