#include "services/s3/bucket_table.h"
#include "services/s3/conditional_requests.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/object_commit.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"
#include "services/s3/upload_end.h"
#include "table/blob_references.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using model::CompleteMultipartUploadInput;
using model::CompleteMultipartUploadOutput;

/// One CompleteMultipartUpload, from the rows of the upload to the object's. What the transaction
/// finds out is set anew at each of its runs.
class Completion {
 public:
  Completion(const UploadTarget& target, CompleteMultipartUploadInput& input,
             WriteConditions conditions, const S3Options& options, std::int64_t now_ms)
      : target_(target),
        input_(input),
        conditions_(std::move(conditions)),
        min_part_bytes_(options.min_part_bytes),
        now_ms_(now_ms) {}

  Task<Result<store::Commit>> commit(S3Service& service, Deadline deadline) {
    table::RowWrite write;
    write.table = target_.table;
    write.key = object_primary_key(target_.bucket, target_.key);
    write.by_owner = true;
    write.latches.push_back({target_.row(), store::LatchMode::exclusive});
    write.prepare = [this](store::Transaction& tx, const table::KeyPlace& place) {
      return prepare(tx, place);
    };
    write.decide = [this](const table::RowView& old) { return decide(old); };
    write.beside = [this](store::Transaction& tx, const table::KeyPlace& place) {
      return tx.put(place.partition, place.row_key(table::RowKind::part_list),
                    table::encode_part_list(completed_.parts), {}, table::record_stamp());
    };
    std::vector<table::RowWrite> writes;
    writes.push_back(std::move(write));
    co_return co_await service.tables().write(std::move(writes), deadline);
  }

  const ObjectAttributes& object() const { return completed_.attributes; }
  const WriteConditions& conditions() const { return conditions_; }

 private:
  Task<Result<>> prepare(store::Transaction& tx, const table::KeyPlace& place) {
    completed_ = CompletedUpload();
    upload_.reset();
    Result<MultipartUpload> upload = co_await find_upload(tx, place, target_);
    if (!upload) {
      DYAD_CO_TRY_ASSIGN(const bool completed_before, co_await made_current(tx, place));
      if (completed_before) co_return Result<>();
      co_return fail(std::move(upload).error());
    }
    upload_ = std::move(*upload);
    DYAD_CO_TRY_ASSIGN(const std::vector<table::StoredPart> stored,
                       co_await table::read_upload_parts(tx, place, target_.id));
    DYAD_CO_TRY_ASSIGN(completed_,
                       put_together(target_, *upload_, stored, input_, min_part_bytes_));
    for (const blob::BlobId blob : completed_.left_out)
      DYAD_CO_TRY(table::release_reference(tx, place, blob));
    co_return table::erase_upload(tx, place, target_.id, stored);
  }

  /// Is the object that is there now this upload's? "CompleteMultipartUpload": the answer may be
  /// lost on its way, so it can be asked for again.
  Task<Result<bool>> made_current(store::Transaction& tx, const table::KeyPlace& place) {
    const std::string row = place.row_key(table::RowKind::part_list);
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> record,
                       co_await tx.get(place.partition, row));
    if (!record) co_return false;
    DYAD_CO_TRY_ASSIGN(const table::PartList list, table::decode_part_list(*record));
    co_return list.upload_id == target_.id;
  }

  Result<table::Decision> decide(const table::RowView& old) {
    if (!upload_) {
      DYAD_TRY_ASSIGN(completed_.attributes, read_object_attributes(old.item));
      return table::Decision::keep();
    }
    DYAD_TRY(check_row(conditions_, old.item, target_.key));
    DYAD_TRY(check_since_beginning(old));
    completed_.attributes.last_modified_ms = now_ms_;
    table::ObjectBytes bytes;
    bytes.place = table::ObjectBytes::Place::parts;
    bytes.size_bytes = completed_.attributes.size_bytes;
    bytes.part_count = static_cast<std::uint32_t>(completed_.parts.parts.size());
    return table::Decision::put(
        table::NewRow{make_object_item(target_.bucket, target_.key, completed_.attributes),
                      table::encode_object_bytes(bytes)});
  }

  /// "How to prevent object overwrites with conditional writes": what changed while the upload was
  /// under way is a conflict, also where the condition holds again.
  Result<> check_since_beginning(const table::RowView& now) const {
    const bool replaced =
        conditions_.if_match && !now.item.empty() && now.written > upload_->created;
    const bool vanished = conditions_.must_be_new && now.item.empty() && upload_->object_existed;
    if (!replaced && !vanished) return {};
    return fail(conditional_conflict(conditions_.header(), target_.key));
  }

  const UploadTarget& target_;
  CompleteMultipartUploadInput& input_;
  const WriteConditions conditions_;
  const std::uint64_t min_part_bytes_;
  const std::int64_t now_ms_;
  std::optional<MultipartUpload> upload_;  ///< None: it was completed before.
  CompletedUpload completed_;
};

Error write_error(Error error, const Completion& completion, const UploadTarget& target) {
  const bool lost_race =
      error.code == ErrorCode::conflict && protocol::as_service_error(error) == nullptr;
  if (lost_race && completion.conditions().any())
    return conditional_conflict(completion.conditions().header(), target.key);
  return bucket_error(std::move(error), target.bucket);
}

}  // namespace

Task<Result<CompleteMultipartUploadOutput>> complete_multipart_upload(
    S3Service& service, api::RequestContext& context, CompleteMultipartUploadInput& input) {
  DYAD_CO_TRY_ASSIGN(const UploadTarget target, co_await upload_target(service, context, input));
  if (names_customer_key(input)) co_return fail(header_not_implemented(kCustomerKeyHeader));
  DYAD_CO_TRY_ASSIGN(WriteConditions conditions,
                     write_conditions(input.if_match, input.if_none_match));
  Completion completion(target, input, std::move(conditions), service.options(),
                        context.clock->wall_ms());
  Result<store::Commit> written = co_await completion.commit(service, context.deadline);
  if (!written) co_return fail(write_error(std::move(written).error(), completion, target));

  const ObjectAttributes& object = completion.object();
  CompleteMultipartUploadOutput output;
  output.location = api::object_url(context.address, input.bucket, input.key);
  output.bucket = input.bucket;
  output.key = input.key;
  output.e_tag = object.quoted_e_tag();
  if (object.checksum_kind) {
    checksum_member(output, *object.checksum_kind) = object.checksum_text;
    output.checksum_type = object.checksum_type;
  }
  co_return output;
}

}  // namespace dyad::s3
