#include "services/s3/object_commit.h"

#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/s3_errors.h"
#include "table/blob_references.h"

namespace dyad::s3 {
namespace {

/// One transaction: conditions, the object's row, the rows of its bytes.
Task<Result<store::Commit>> commit_object(S3Service& service, const ObjectTarget& target,
                                          const ObjectAttributes& attributes, const Upload& upload,
                                          Deadline deadline) {
  const table::Item item = make_object_item(target.bucket, target.key, attributes);
  const std::string place = table::encode_object_bytes(upload.place());
  table::RowWrite write;
  write.table = target.table;
  write.key = object_primary_key(target.bucket, target.key);
  write.by_owner = true;
  write.decide = [&](const table::RowView& old) -> Result<table::Decision> {
    DYAD_TRY(check_row(target.conditions, old.item, target.key));
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
Error write_error(Error error, const ObjectTarget& target) {
  const bool vanished = protocol::service_code(error) == model::errors::kNoSuchKey.code;
  const bool lost_race =
      error.code == ErrorCode::conflict && protocol::as_service_error(error) == nullptr;
  if (target.conditions.any() && (vanished || lost_race))
    return conditional_conflict(target.conditions.header(), target.key);
  return bucket_error(std::move(error), target.bucket);
}

}  // namespace

Result<> check_row(const WriteConditions& conditions, table::ItemView row, std::string_view key) {
  if (!conditions.any()) return {};
  if (row.empty()) return check_write_conditions(conditions, nullptr, key);
  DYAD_TRY_ASSIGN(const ObjectAttributes current, read_object_attributes(row));
  const ObjectState state{current.e_tag, current.last_modified_ms};
  return check_write_conditions(conditions, &state, key);
}

Task<Result<>> check_early(S3Service& service, const ObjectTarget& target, Deadline deadline) {
  if (!target.conditions.any()) co_return Result<>();
  Result<std::optional<table::StoredRow>> row = co_await service.tables().get(
      target.table, object_primary_key(target.bucket, target.key), deadline);
  if (!row) co_return fail(bucket_error(std::move(row).error(), target.bucket));
  const table::ItemView item = *row ? (*row)->view().item : table::ItemView();
  co_return check_row(target.conditions, item, target.key);
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

Task<Result<>> store_object(S3Service& service, const ObjectTarget& target,
                            const ObjectAttributes& attributes, const Upload& upload,
                            Deadline deadline) {
  if (upload.blob != nullptr) {
    blob::BlobWriter& writer = *upload.blob;
    DYAD_CO_TRY(co_await writer.finish());
  }
  Result<store::Commit> written =
      co_await commit_object(service, target, attributes, upload, deadline);
  co_await settle_upload(service, upload, blob_owner(*target.table, target.key), written);
  if (!written) co_return fail(write_error(std::move(written).error(), target));
  co_return Result<>();
}

}  // namespace dyad::s3
