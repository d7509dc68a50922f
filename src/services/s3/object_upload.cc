#include "services/s3/object_upload.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "crypto/digest.h"
#include "services/s3/large_upload.h"
#include "services/s3/s3_errors.h"
#include "services/s3/short_digests.h"
#include "table/blob_references.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

/// One blob frame: the writer takes it over without holding more.
constexpr std::size_t kReadBufferBytes = blob::kFramePayloadBytes;

Error too_large(std::uint64_t proposed, std::uint64_t limit) {
  Error error = protocol::service_error(model::errors::kEntityTooLarge);
  error = protocol::with_field(std::move(error), "ProposedSize", std::to_string(proposed));
  return protocol::with_field(std::move(error), "MaxSizeAllowed", std::to_string(limit));
}

/// Moves an upload into a blob; what was in memory goes first.
Task<Result<>> begin_blob(S3Service& service, Upload& upload, const std::string& owner,
                          std::optional<std::uint64_t> expected_bytes) {
  DYAD_CO_TRY_ASSIGN(upload.blob, co_await service.blobs().create(owner, expected_bytes));
  blob::BlobWriter& writer = *upload.blob;
  DYAD_CO_TRY(co_await writer.write(upload.bytes));
  upload.bytes = std::string();
  co_return Result<>();
}

Task<Result<>> take(S3Service& service, Upload& upload, const std::string& owner,
                    std::optional<std::uint64_t> expected_bytes, std::span<const char> bytes) {
  if (upload.blob == nullptr &&
      upload.bytes.size() + bytes.size() > service.options().inline_limit_bytes) {
    DYAD_CO_TRY(co_await begin_blob(service, upload, owner, expected_bytes));
  }
  upload.size_bytes += bytes.size();
  if (upload.blob == nullptr) {
    upload.bytes.append(bytes.data(), bytes.size());
    co_return Result<>();
  }
  blob::BlobWriter& writer = *upload.blob;
  co_return co_await writer.write(bytes);
}

/// What is computed over a body's bytes beside its MD5.
struct Checksums {
  explicit Checksums(const ReceiveSpec& spec) : first(spec.checksum) {
    if (spec.also) also.emplace(*spec.also);
  }
  void update(std::string_view bytes) {
    first.update(bytes);
    if (also) also->update(bytes);
  }
  void finish(BodyDigests& digests) {
    digests.checksum = first.finish();
    if (also) digests.also = also->finish();
  }

  crypto::Checksum first;
  std::optional<crypto::Checksum> also;
};

/// A body that stays in memory: read to where it will lie.
Task<Result<Upload>> receive_short(http::BodyReader& body, const ReceiveSpec& spec,
                                   std::size_t length) {
  Upload upload;
  upload.bytes.resize(length);
  while (upload.size_bytes < length) {
    const std::span<char> room(upload.bytes.data() + upload.size_bytes, length - upload.size_bytes);
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await body.read(room));
    if (got == 0) co_return fail(ErrorCode::internal, "a body is shorter than it announced");
    upload.size_bytes += got;
  }
  DYAD_CO_TRY(co_await http::expect_end(body));
  Checksums checksums(spec);
  checksums.update(upload.bytes);
  checksums.finish(upload.digests);
  upload.digests.md5 = crypto::as_view(co_await short_md5(upload.bytes));
  co_return upload;
}

Task<Result<Upload>> receive_large(S3Service& service, http::BodyReader& body, ReceiveSpec spec,
                                   std::uint64_t length) {
  Upload upload;
  DYAD_CO_TRY(co_await begin_blob(service, upload, spec.owner, length));
  Checksums checksums(spec);
  LargeUpload work(service.digests(), body, length, *upload.blob,
                   [&checksums](std::string_view bytes) { checksums.update(bytes); });
  DYAD_CO_TRY(co_await work.run());
  upload.size_bytes = length;
  upload.digests.md5 = work.md5();
  checksums.finish(upload.digests);
  co_return upload;
}

}  // namespace

table::ObjectBytes Upload::place() const {
  table::ObjectBytes place;
  place.size_bytes = size_bytes;
  if (blob != nullptr) {
    place.place = table::ObjectBytes::Place::blob;
    place.blob = blob->id();
  } else if (size_bytes > 0) {
    place.place = table::ObjectBytes::Place::inline_row;
  }
  return place;
}

std::string blob_owner(const table::TableDescriptor& table, std::string_view key) {
  table::BlobOwner owner;
  owner.table = table.id;
  owner.table_name = table.name;
  owner.key = key;  // Of a table in key order, the key itself is the row's key.
  return table::encode_owner(owner);
}

Task<Result<Upload>> receive_upload(S3Service& service, http::BodyReader& body,
                                    crypto::ChecksumKind checksum, std::string owner) {
  ReceiveSpec spec;
  spec.checksum = checksum;
  spec.owner = std::move(owner);
  return receive_upload(service, body, std::move(spec));
}

Task<Result<Upload>> receive_upload(S3Service& service, http::BodyReader& body, ReceiveSpec spec) {
  const std::uint64_t limit = service.options().max_put_bytes;
  const std::optional<std::uint64_t> length = body.length();
  if (length && *length > limit) co_return fail(too_large(*length, limit));
  // Before the first read, which is what tells a client to send.
  DYAD_CO_TRY(service.blobs().admit(length.value_or(0)));

  if (!spec.one_by_one && length && *length >= service.options().overlap_from_bytes)
    co_return co_await receive_large(service, body, std::move(spec), *length);

  const std::size_t short_bytes =
      std::min(kMaxShortBodyBytes, service.options().inline_limit_bytes);
  if (!spec.always_blob && length && *length <= short_bytes)
    co_return co_await receive_short(body, spec, static_cast<std::size_t>(*length));

  // A copy is no request's body, whose memory is counted: it holds as little as it can.
  const std::optional<std::uint64_t> announced = spec.one_by_one ? std::nullopt : length;
  Upload upload;
  if (spec.always_blob) {
    DYAD_CO_TRY(co_await begin_blob(service, upload, spec.owner, announced));
  } else if (length && *length <= service.options().inline_limit_bytes) {
    upload.bytes.reserve(static_cast<std::size_t>(*length));
  }
  crypto::Md5 md5;
  Checksums checksums(spec);
  std::size_t buffer_bytes = kReadBufferBytes;
  if (length) buffer_bytes = std::clamp<std::uint64_t>(*length, 1, kReadBufferBytes);
  std::vector<char> buffer(buffer_bytes);
  while (true) {
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await body.read(buffer));
    if (got == 0) break;
    if (upload.size_bytes + got > limit) co_return fail(too_large(upload.size_bytes + got, limit));
    const std::string_view bytes(buffer.data(), got);
    md5.update(bytes);
    checksums.update(bytes);
    DYAD_CO_TRY(co_await take(service, upload, spec.owner, announced, bytes));
  }
  upload.digests.md5 = crypto::as_view(md5.finish());
  checksums.finish(upload.digests);
  co_return upload;
}

Result<> put_upload_rows(store::Transaction& tx, const table::KeyPlace& place,
                         const Upload& upload) {
  if (upload.blob != nullptr) return table::add_reference(tx, place, upload.blob->id());
  if (upload.size_bytes == 0) return {};
  std::string record;
  record.reserve(table::kRecordHeaderBytes + upload.bytes.size());
  table::append_record_header(record);
  record.append(upload.bytes);
  return tx.put(place.partition, place.row_key(table::RowKind::inline_bytes), std::move(record), {},
                table::record_stamp());
}

}  // namespace dyad::s3
