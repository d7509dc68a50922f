#include "services/s3/bucket_table.h"

#include "crypto/digest.h"
#include "services/s3/bucket_name.h"
#include "services/s3/s3_errors.h"
#include "table/object_row.h"
#include "table/utf8.h"

namespace dyad::s3 {

using protocol::service_error;
using protocol::with_field;
namespace errors = model::errors;

std::string bucket_table_name(std::string_view bucket) {
  return std::string(kBucketTablePrefix) + std::string(bucket);
}

table::TableSpec bucket_table_spec(std::string_view bucket) {
  table::TableSpec spec;
  spec.name = bucket_table_name(bucket);
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {std::string(table::object_attribute::kBucket), table::Type::string};
  spec.keys.range =
      table::KeyAttribute{std::string(table::object_attribute::kKey), table::Type::string};
  spec.ordered_hash = bucket;
  return spec;
}

table::PrimaryKey object_primary_key(std::string_view bucket, std::string_view key) {
  return {table::Value::string(bucket), table::Value::string(key)};
}

Error bucket_error(Error error, std::string_view bucket) {
  if (error.code == ErrorCode::not_found && protocol::as_service_error(error) == nullptr)
    return no_such_bucket(bucket);
  return error;
}

Task<Result<table::TableRef>> find_bucket(S3Service& service, const api::RequestContext& context,
                                          const std::string& bucket,
                                          const std::optional<std::string>& expected_owner) {
  if (!is_valid_bucket_name(bucket))
    co_return fail(with_field(service_error(errors::kInvalidBucketName), "BucketName", bucket));
  Result<table::TableRef> found =
      co_await service.tables().find(bucket_table_name(bucket), context.deadline);
  if (!found) co_return fail(bucket_error(std::move(found).error(), bucket));
  // "Verifying bucket ownership with bucket owner condition": another owner is a 403.
  if (expected_owner && *expected_owner != context.account_id)
    co_return fail(service_error(errors::kAccessDenied));
  co_return found;
}

Result<> check_key(std::string_view key) {
  if (key.size() > kMaxKeyBytes)
    return fail(over_size(errors::kKeyTooLongError, key.size(), kMaxKeyBytes));
  if (key.empty() || !table::is_utf8(key)) return fail(service_error(errors::kInvalidURI));
  return {};
}

std::string canonical_user_id(std::string_view account_id) {
  const auto hex = crypto::sha256_hex("canonical user of account " + std::string(account_id));
  return std::string(hex.data(), hex.size());
}

}  // namespace dyad::s3
