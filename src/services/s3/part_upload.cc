#include "services/s3/part_upload.h"

#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/object_upload.h"
#include "services/s3/s3_errors.h"
#include "table/blob_references.h"
#include "table/record.h"

namespace dyad::s3 {
namespace {

/// One transaction: the upload is still there, the part of this number is let go of, the new one
/// and its blob's reference are put.
Task<Result<store::Commit>> commit_part(S3Service& service, const PartSpec& spec,
                                        const table::UploadPart& part, Deadline deadline) {
  const UploadTarget& target = spec.target;
  const std::string part_row = table::upload_part_row(target.key, target.id, spec.number);
  table::SideWrite write;
  write.table = target.table;
  write.key = target.key;
  write.latches.push_back({target.row(), store::LatchMode::shared});
  write.latches.push_back({part_row, store::LatchMode::exclusive});
  write.body = [&](store::Transaction& tx, const table::KeyPlace& place) -> Task<Result<>> {
    DYAD_CO_TRY(co_await find_upload(tx, place, target));
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> former,
                       co_await tx.get(place.partition, part_row));
    if (former) {
      DYAD_CO_TRY_ASSIGN(const table::UploadPart replaced, table::decode_upload_part(*former));
      DYAD_CO_TRY(table::release_reference(tx, place, replaced.blob));
    }
    DYAD_CO_TRY(tx.put(place.partition, part_row, table::encode_upload_part(part), {},
                       table::record_stamp()));
    co_return table::add_reference(tx, place, part.blob);
  };
  co_return co_await service.tables().write_beside(std::move(write), deadline);
}

}  // namespace

IntegrityPlan integrity_of_upload(const MultipartUpload& upload) {
  IntegrityPlan plan;
  plan.kind = upload.checksum_kind();
  return plan;
}

std::string StoredPart::quoted_e_tag() const {
  return '"' + to_hex(part.md5) + '"';
}

Task<Result<StoredPart>> store_part(S3Service& service, const PartSpec& spec,
                                    const MultipartUpload& upload, http::BodyReader& body,
                                    std::function<Deadline()> deadline) {
  const std::string owner = blob_owner(*spec.target.table, spec.target.key);
  ReceiveSpec receive;
  receive.checksum = spec.integrity.kind;
  // The object's checksum is put together from those of the parts, whatever a part came with.
  if (spec.integrity.kind != upload.checksum_kind()) receive.also = upload.checksum_kind();
  receive.owner = owner;
  receive.always_blob = true;
  receive.one_by_one = spec.copied;
  DYAD_CO_TRY_ASSIGN(const Upload received,
                     co_await receive_upload(service, body, std::move(receive)));
  DYAD_CO_TRY(check_integrity(spec.integrity, received.digests, spec.trailers));

  StoredPart stored;
  stored.checksum_text = to_base64(received.digests.checksum);
  table::UploadPart& part = stored.part;
  part.size_bytes = received.size_bytes;
  part.blob = received.blob->id();
  part.modified_ms = service.tables().runtime().clock().wall_ms();
  part.md5 = received.digests.md5;
  part.checksum = static_cast<std::uint8_t>(upload.checksum_kind());
  part.checksum_bytes = spec.integrity.kind == upload.checksum_kind() ? received.digests.checksum
                                                                      : received.digests.also;
  blob::BlobWriter& writer = *received.blob;
  DYAD_CO_TRY(co_await writer.finish());
  Result<store::Commit> written = co_await commit_part(service, spec, part, deadline());
  co_await settle_upload(service, received, owner, written,
                         table::upload_part_row(spec.target.key, spec.target.id, spec.number));
  if (!written) co_return fail(bucket_error(std::move(written).error(), spec.target.bucket));
  co_return stored;
}

}  // namespace dyad::s3
