#include "services/s3/multipart_upload.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/format_version.h"
#include "crypto/crc.h"
#include "crypto/crc_combine.h"
#include "services/s3/bucket_table.h"
#include "services/s3/s3_errors.h"
#include "table/item.h"
#include "table/record.h"

namespace dyad::s3 {
namespace {

constexpr std::uint8_t kUploadVersion = 1;
constexpr std::uint8_t kCompositeFlag = 1;
constexpr std::uint8_t kExistedFlag = 2;

constexpr std::uint64_t kKeyMarkMask = 0xffff;

std::uint64_t key_mark(std::string_view key) {
  return crypto::crc64nvme(key) & kKeyMarkMask;
}

std::unexpected<Error> damaged() {
  return fail(ErrorCode::corruption, "the row of a multipart upload is damaged");
}

}  // namespace

std::string encode_upload(std::string_view bucket, std::string_view key,
                          const MultipartUpload& upload) {
  std::string out;
  table::append_record_header(out);
  append_u8(out, kUploadVersion);
  append_u8(out, static_cast<std::uint8_t>((upload.composite ? kCompositeFlag : 0) |
                                           (upload.object_existed ? kExistedFlag : 0)));
  append_prefixed(out, upload.announced ? crypto::name_of(*upload.announced) : "");
  append_le64(out, static_cast<std::uint64_t>(upload.initiated_ms));
  const table::Item item = make_object_item(bucket, key, upload.attributes);
  out.append(item.view().encoded());
  return out;
}

Result<MultipartUpload> decode_upload(std::string_view bytes) {
  DYAD_TRY_ASSIGN(const table::Record record, table::parse_record(bytes));
  ByteReader reader(record.body);
  const std::uint8_t version = reader.u8();
  if (version > kUploadVersion) return newer_format("a multipart upload", version, kUploadVersion);
  MultipartUpload upload;
  const std::uint8_t flags = reader.u8();
  upload.composite = (flags & kCompositeFlag) != 0;
  upload.object_existed = (flags & kExistedFlag) != 0;
  const std::string_view algorithm = reader.prefixed();
  if (!algorithm.empty()) {
    upload.announced = crypto::checksum_kind_of(algorithm);
    if (!upload.announced) return damaged();
  }
  upload.initiated_ms = static_cast<std::int64_t>(reader.le64());
  upload.created = record.written;
  if (!reader.ok() || reader.at_end() || version != kUploadVersion) return damaged();
  if (!upload.composite && !crypto::CrcCombiner::of(upload.checksum_kind())) return damaged();
  DYAD_TRY(table::validate_item(reader.rest()));
  DYAD_TRY_ASSIGN(upload.attributes, read_object_attributes(table::ItemView(reader.rest())));
  return upload;
}

std::string make_upload_id(Random& random, std::int64_t now_ms, std::string_view key) {
  std::string id;
  append_be64(id, static_cast<std::uint64_t>(now_ms) << 16 | key_mark(key));
  id.resize(table::kUploadIdBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(id.data()) + sizeof(std::uint64_t),
               id.size() - sizeof(std::uint64_t)});
  return id;
}

bool upload_id_fits(std::string_view upload_id, std::string_view key) {
  return upload_id.size() == table::kUploadIdBytes &&
         (load_be64(upload_id.data()) & kKeyMarkMask) == key_mark(key);
}

std::string upload_id_text(std::string_view upload_id) {
  return to_hex(upload_id);
}

std::optional<std::string> parse_upload_id(std::string_view text) {
  std::optional<std::string> id = from_hex(text);
  // What is told again has to be what was told: one text an id.
  if (!id || id->size() != table::kUploadIdBytes || to_hex(*id) != text) return std::nullopt;
  return id;
}

Error no_such_upload(std::string_view upload_id_text) {
  return protocol::with_field(protocol::service_error(model::errors::kNoSuchUpload), "UploadId",
                              std::string(upload_id_text));
}

Task<Result<UploadTarget>> upload_target(S3Service& service, const api::RequestContext& context,
                                         std::string bucket, std::string key, std::string id_text,
                                         std::optional<std::string> expected_owner) {
  DYAD_CO_TRY(check_key(key));
  UploadTarget target;
  DYAD_CO_TRY_ASSIGN(target.table, co_await find_bucket(service, context, bucket, expected_owner));
  const std::optional<std::string> id = parse_upload_id(id_text);
  if (!id || !upload_id_fits(*id, key)) co_return fail(no_such_upload(id_text));
  target.id = *id;
  target.id_text = std::move(id_text);
  target.bucket = std::move(bucket);
  target.key = std::move(key);
  co_return target;
}

Task<Result<MultipartUpload>> find_upload(S3Service& service, const UploadTarget& target,
                                          Deadline deadline) {
  std::vector<std::string> rows;
  rows.push_back(target.row());
  Result<std::vector<std::optional<std::string>>> found =
      co_await service.tables().get_beside(target.table, target.key, std::move(rows), deadline);
  if (!found) co_return fail(bucket_error(std::move(found).error(), target.bucket));
  if (!found->front()) co_return fail(no_such_upload(target.id_text));
  co_return decode_upload(*found->front());
}

Task<Result<MultipartUpload>> find_upload(store::Transaction& tx, const table::KeyPlace& place,
                                          const UploadTarget& target) {
  const std::string row = target.row();
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> record,
                     co_await tx.get(place.partition, row));
  if (!record) co_return fail(no_such_upload(target.id_text));
  co_return decode_upload(*record);
}

}  // namespace dyad::s3
