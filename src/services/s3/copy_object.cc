#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/copy_source.h"
#include "services/s3/object_commit.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"

namespace dyad::s3 {
namespace {

using model::CopyObjectInput;
using model::CopyObjectOutput;

constexpr std::string_view kReplace = "REPLACE";

/// All that a CopyObject says of what it makes.
struct CopyPlan {
  ObjectTarget target;
  CopySource source;
  ObjectAttributes asked;  ///< As the headers say, whether they count or not.
};

bool replaces_metadata(const CopyObjectInput& input) {
  return input.metadata_directive == kReplace;
}

Result<> plan_request(CopyPlan& plan, const CopyObjectInput& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(refuse_unserved(input));
  plan.target.bucket = input.bucket;
  plan.target.key = input.key;
  DYAD_TRY_ASSIGN(plan.target.conditions, write_conditions(input.if_match, input.if_none_match));
  DYAD_TRY_ASSIGN(plan.source, parse_copy_source(input.copy_source));
  DYAD_TRY_ASSIGN(plan.asked, attributes_of_request(input));
  return {};
}

/// "CopyObject": an object can be copied onto itself to change what is said of it, and for nothing
/// else. Naming the class or the encryption that it has already counts as a change.
Result<> check_not_idle(const CopyPlan& plan, const CopyObjectInput& input) {
  const bool in_place =
      plan.source.bucket == plan.target.bucket && plan.source.key == plan.target.key;
  if (!in_place || replaces_metadata(input) || input.storage_class ||
      input.website_redirect_location || input.server_side_encryption)
    return {};
  return fail(invalid_request(
      "This copy request is illegal because it is trying to copy an object to itself without "
      "changing the object's metadata, storage class, website redirect location or encryption "
      "attributes."));
}

/// What is said of the copy. Storage class and redirect never come along ("CopyObject").
ObjectAttributes attributes_of_copy(const CopyPlan& plan, const CopyObjectInput& input,
                                    const ObjectAttributes& source) {
  ObjectAttributes copy = replaces_metadata(input) ? plan.asked : source;
  copy.storage_class = plan.asked.storage_class;
  copy.website_redirect = plan.asked.website_redirect;
  copy.tags = input.tagging_directive == kReplace ? plan.asked.tags : source.tags;
  return copy;
}

/// The algorithm asked for, else the source's, else what S3 takes where nobody chose.
Result<crypto::ChecksumKind> checksum_of_copy(const CopyObjectInput& input,
                                              const ObjectAttributes& source) {
  if (!input.checksum_algorithm)
    return source.checksum_kind.value_or(crypto::ChecksumKind::crc64nvme);
  const std::optional<crypto::ChecksumKind> kind =
      crypto::checksum_kind_of(*input.checksum_algorithm);
  if (!kind) return fail(header_not_implemented("x-amz-checksum-algorithm"));
  return *kind;
}

CopyObjectOutput answer(const ObjectAttributes& attributes) {
  model::CopyObjectResult result;
  result.e_tag = attributes.quoted_e_tag();
  result.last_modified = last_modified_on_wire(attributes);
  checksum_member(result, *attributes.checksum_kind) = attributes.checksum_text;
  result.checksum_type = attributes.checksum_type;
  CopyObjectOutput output;
  output.copy_object_result = std::move(result);
  return output;
}

}  // namespace

Task<Result<CopyObjectOutput>> copy_object(S3Service& service, api::RequestContext& context,
                                           CopyObjectInput& input) {
  CopyPlan plan;
  DYAD_CO_TRY(plan_request(plan, input));
  ObjectTarget& target = plan.target;
  DYAD_CO_TRY_ASSIGN(target.table, co_await find_bucket(service, context, input.bucket,
                                                        input.expected_bucket_owner));
  std::optional<table::ReadPins::Pin> pin(service.pins().pin());
  DYAD_CO_TRY_ASSIGN(FoundObject object,
                     co_await find_source(service, context, plan.source, source_conditions(input),
                                          input.expected_source_bucket_owner));
  const ObjectAttributes& source = object.attributes;
  DYAD_CO_TRY(check_not_idle(plan, input));
  DYAD_CO_TRY(check_copied_size(source.size_bytes, service.options().max_put_bytes));
  DYAD_CO_TRY_ASSIGN(const crypto::ChecksumKind kind, checksum_of_copy(input, source));
  DYAD_CO_TRY(co_await check_early(service, target, context.deadline));
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<http::BodyReader> body,
                     co_await open_content(service, object, std::nullopt));
  pin.reset();

  const CopyTime time(context);
  http::BodyReader& bytes = *body;
  ReceiveSpec receive;
  receive.checksum = kind;
  receive.owner = blob_owner(*target.table, target.key);
  receive.one_by_one = true;
  DYAD_CO_TRY_ASSIGN(const Upload upload,
                     co_await receive_upload(service, bytes, std::move(receive)));
  ObjectAttributes attributes = attributes_of_copy(plan, input, source);
  complete_attributes(attributes, upload, kind, context.clock->wall_ms());
  DYAD_CO_TRY(co_await store_object(service, target, attributes, upload, time.deadline_after()));
  co_return answer(attributes);
}

}  // namespace dyad::s3
