#include "services/s3/unserved_features.h"

#include "api/s3/enums.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using protocol::service_error;

struct AskedFor {
  bool asked;
  std::string_view header;
};

template <std::size_t N>
Result<> refuse(const AskedFor (&features)[N]) {
  for (const AskedFor& feature : features)
    if (feature.asked) return fail(header_not_implemented(feature.header));
  return {};
}

/// "Controlling ownership of objects": with ownership enforced, an ACL other than what holds
/// anyway is refused.
template <class Input>
Result<> refuse_object_acl(const Input& input) {
  const bool harmless =
      !input.acl || *input.acl == "private" || *input.acl == "bucket-owner-full-control";
  if (harmless && !input.grant_full_control && !input.grant_read && !input.grant_read_acp &&
      !input.grant_write_acp)
    return {};
  return fail(
      service_error("AccessControlListNotSupported", 400, "The bucket does not allow ACLs"));
}

/// What is asked for an object in the making, whatever makes it.
template <class Input>
Result<> refuse_object_features(const Input& input) {
  DYAD_TRY(refuse_object_acl(input));
  const AskedFor features[] = {
      {names_customer_key(input), kCustomerKeyHeader},
      {input.server_side_encryption && *input.server_side_encryption != "AES256",
       "x-amz-server-side-encryption"},
      {input.ssekms_key_id.has_value(), "x-amz-server-side-encryption-aws-kms-key-id"},
      {input.ssekms_encryption_context.has_value(), "x-amz-server-side-encryption-context"},
      {input.bucket_key_enabled.value_or(false), "x-amz-server-side-encryption-bucket-key-enabled"},
      {input.object_lock_mode.has_value(), "x-amz-object-lock-mode"},
      {input.object_lock_retain_until_date.has_value(), "x-amz-object-lock-retain-until-date"},
      {input.object_lock_legal_hold_status.has_value(), "x-amz-object-lock-legal-hold"},
      {input.object_lock_event_hold.has_value() ||
           input.object_lock_event_hold_duration_days.has_value() ||
           input.object_lock_event_hold_duration_years.has_value(),
       "x-amz-object-lock-event-hold"},
  };
  return refuse(features);
}

Result<> refuse_bucket_acl(const model::CreateBucketInput& input) {
  const bool harmless = !input.acl || *input.acl == model::BucketCannedACL::kPrivate;
  if (harmless && !input.grant_full_control && !input.grant_read && !input.grant_read_acp &&
      !input.grant_write && !input.grant_write_acp)
    return {};
  return fail(service_error(
      "InvalidBucketAclWithObjectOwnership", 400,
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"));
}

}  // namespace

Result<> refuse_unserved(const model::PutObjectInput& input) {
  DYAD_TRY(refuse_object_features(input));
  const AskedFor features[] = {{input.write_offset_bytes.has_value(), "x-amz-write-offset-bytes"}};
  return refuse(features);
}

Result<> refuse_unserved(const model::CopyObjectInput& input) {
  DYAD_TRY(refuse_object_features(input));
  const AskedFor features[] = {{names_source_key(input), kSourceKeyHeader}};
  return refuse(features);
}

Result<> refuse_unserved(const model::CreateMultipartUploadInput& input) {
  return refuse_object_features(input);
}

Result<> refuse_unserved(const model::CreateBucketInput& input) {
  const AskedFor features[] = {
      {input.object_lock_enabled_for_bucket.value_or(false), "x-amz-bucket-object-lock-enabled"},
      {input.object_ownership && *input.object_ownership != "BucketOwnerEnforced",
       "x-amz-object-ownership"},
      {input.bucket_namespace && *input.bucket_namespace != "global", "x-amz-bucket-namespace"},
  };
  DYAD_TRY(refuse(features));
  DYAD_TRY(refuse_bucket_acl(input));
  if (!input.create_bucket_configuration) return {};
  const model::CreateBucketConfiguration& configuration = *input.create_bucket_configuration;
  if (configuration.location || configuration.bucket)
    return fail(service_error(model::errors::kNotImplemented, "Directory buckets are not served"));
  return {};
}

}  // namespace dyad::s3
