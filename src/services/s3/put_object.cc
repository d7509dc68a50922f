#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/conditional_requests.h"
#include "services/s3/object_attributes.h"
#include "services/s3/object_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"
#include "table/blob_references.h"

namespace dyad::s3 {
namespace {

using model::PutObjectInput;
using model::PutObjectOutput;

/// All that a PutObject says before its body.
struct PutPlan {
  table::TableRef table;
  ObjectAttributes attributes;
  IntegrityPlan integrity;
  WriteConditions conditions;
};

Result<> plan_request(PutPlan& plan, const api::RequestContext& context, PutObjectInput& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(refuse_unserved(input));
  DYAD_TRY_ASSIGN(plan.conditions, write_conditions(input.if_match, input.if_none_match));
  DYAD_TRY_ASSIGN(plan.integrity,
                  plan_integrity(IntegrityHeaders::of(input, context.announced_trailers)));
  DYAD_TRY_ASSIGN(plan.attributes, attributes_of_request(input));
  return {};
}

/// The row's state as conditions see it.
Result<> check_row(const WriteConditions& conditions, table::ItemView row, std::string_view key) {
  if (!conditions.any()) return {};
  if (row.empty()) return check_write_conditions(conditions, nullptr, key);
  DYAD_TRY_ASSIGN(const ObjectAttributes current, read_object_attributes(row));
  const ObjectState state{current.e_tag, current.last_modified_ms};
  return check_write_conditions(conditions, &state, key);
}

/// Refuses what cannot succeed as things are before the body is read. The transaction decides.
Task<Result<>> check_early(S3Service& service, const PutPlan& plan, Deadline deadline,
                           const std::string& bucket, const std::string& key) {
  if (!plan.conditions.any()) co_return Result<>();
  Result<std::optional<table::StoredRow>> row =
      co_await service.tables().get(plan.table, object_primary_key(bucket, key), deadline);
  if (!row) co_return fail(bucket_error(std::move(row).error(), bucket));
  const table::ItemView item = *row ? (*row)->view().item : table::ItemView();
  co_return check_row(plan.conditions, item, key);
}

/// One transaction: conditions, the object's row, the rows of its bytes.
Task<Result<store::Commit>> commit_object(S3Service& service, const PutPlan& plan,
                                          const Upload& upload, Deadline deadline,
                                          const std::string& bucket, const std::string& key) {
  const table::Item item = make_object_item(bucket, key, plan.attributes);
  const std::string place = table::encode_object_bytes(upload.place());
  table::RowWrite write;
  write.table = plan.table;
  write.key = object_primary_key(bucket, key);
  write.by_owner = true;
  write.decide = [&](const table::RowView& old) -> Result<table::Decision> {
    DYAD_TRY(check_row(plan.conditions, old.item, key));
    return table::Decision::put(table::NewRow{item, place});
  };
  write.beside = [&](store::Transaction& tx, const table::KeyPlace& at) {
    return put_upload_rows(tx, at, upload);
  };
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  co_return co_await service.tables().write(std::move(writes), deadline);
}

/// A write's error in S3's words. What was there when the upload began and is gone now, and what
/// lost too many races, is a conflict that a new attempt may win ("How to prevent object
/// overwrites with conditional writes": 409).
Error write_error(Error error, const PutPlan& plan, const std::string& bucket,
                  const std::string& key) {
  const bool vanished = protocol::service_code(error) == model::errors::kNoSuchKey.code;
  const bool lost_race =
      error.code == ErrorCode::conflict && protocol::as_service_error(error) == nullptr;
  if (plan.conditions.any() && (vanished || lost_race))
    return conditional_conflict(plan.conditions.header(), key);
  return bucket_error(std::move(error), bucket);
}

void complete_attributes(ObjectAttributes& attributes, const Upload& upload,
                         crypto::ChecksumKind kind, std::int64_t now_ms) {
  attributes.size_bytes = upload.size_bytes;
  attributes.e_tag = to_hex(upload.digests.md5);
  attributes.last_modified_ms = now_ms;
  attributes.checksum_kind = kind;
  attributes.checksum_text = to_base64(upload.digests.checksum);
  attributes.checksum_type = "FULL_OBJECT";
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
  DYAD_CO_TRY_ASSIGN(plan.table, co_await find_bucket(service, context, input.bucket,
                                                      input.expected_bucket_owner));
  DYAD_CO_TRY(co_await check_early(service, plan, context.deadline, input.bucket, input.key));

  table::BlobOwner named_owner;
  named_owner.table = plan.table->id;
  named_owner.table_name = plan.table->name;
  named_owner.key = input.key;  // Of a table in key order, the key itself is the row's key.
  const std::string owner = table::encode_owner(named_owner);
  http::BodyReader& body = *context.body;
  DYAD_CO_TRY_ASSIGN(const Upload upload,
                     co_await receive_upload(service, body, plan.integrity.kind, owner));
  DYAD_CO_TRY(check_integrity(plan.integrity, upload.digests, context.trailers));
  complete_attributes(plan.attributes, upload, plan.integrity.kind, context.clock->wall_ms());

  if (upload.blob != nullptr) {
    blob::BlobWriter& writer = *upload.blob;
    DYAD_CO_TRY(co_await writer.finish());
  }
  Result<store::Commit> written =
      co_await commit_object(service, plan, upload, context.deadline, input.bucket, input.key);
  co_await settle_upload(service, upload, owner, written);
  if (!written)
    co_return fail(write_error(std::move(written).error(), plan, input.bucket, input.key));
  co_return answer(plan.attributes);
}

}  // namespace dyad::s3
