#include "services/s3/upload_end.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/check.h"
#include "crypto/crc_combine.h"
#include "crypto/digest.h"
#include "services/s3/checksums.h"
#include "services/s3/s3_errors.h"
#include "table/blob_references.h"

namespace dyad::s3 {
namespace {

using model::CompletedPart;
using model::CompleteMultipartUploadInput;
using protocol::service_error;
using protocol::with_field;
using table::StoredPart;
namespace errors = model::errors;

std::string name_in_text(crypto::ChecksumKind kind) {
  return ascii_lower(crypto::name_of(kind));
}

std::string_view bare(std::string_view e_tag) {
  if (e_tag.size() >= 2 && e_tag.front() == '"' && e_tag.back() == '"') {
    e_tag.remove_prefix(1);
    e_tag.remove_suffix(1);
  }
  return e_tag;
}

Error invalid_part(const UploadTarget& target, const CompletedPart& named) {
  Error error = with_field(service_error(errors::kInvalidPart), "UploadId", target.id_text);
  error = with_field(std::move(error), "PartNumber", std::to_string(*named.part_number));
  return with_field(std::move(error), "ETag", std::string(bare(*named.e_tag)));
}

Error too_small(const StoredPart& part, std::uint64_t min_part_bytes) {
  Error error = with_field(service_error(errors::kEntityTooSmall), "ProposedSize",
                           std::to_string(part.part.size_bytes));
  error = with_field(std::move(error), "MinSizeAllowed", std::to_string(min_part_bytes));
  error = with_field(std::move(error), "PartNumber", std::to_string(part.number));
  return with_field(std::move(error), "ETag", to_hex(part.part.md5));
}

Error bad_digest(const MultipartUpload& upload) {
  return service_error(errors::kBadDigest,
                       "The " + name_in_text(upload.checksum_kind()) +
                           " you specified did not match the calculated checksum.");
}

/// The list by itself: the numbers of named parts ascend. So there are never more of them than
/// there can be parts.
Result<> check_order(const UploadTarget& target, const std::vector<CompletedPart>& named) {
  if (named.empty()) return fail(invalid_request("You must specify at least one part"));
  std::int32_t former = 0;
  for (const CompletedPart& part : named) {
    if (!part.part_number || !part.e_tag) return fail(service_error(errors::kMalformedXML));
    if (*part.part_number < 1 ||
        *part.part_number > static_cast<std::int32_t>(table::kMaxPartNumber))
      return fail(invalid_argument("partNumber", std::to_string(*part.part_number),
                                   "Part number must be an integer between 1 and 10000, "
                                   "inclusive"));
    if (*part.part_number <= former)
      return fail(with_field(service_error(errors::kInvalidPartOrder), "UploadId", target.id_text));
    former = *part.part_number;
  }
  return {};
}

/// The kind of a checksum that the request gives for the part; none: it gives none.
std::optional<crypto::ChecksumKind> given_kind(CompletedPart& named) {
  for (const crypto::ChecksumKind kind : crypto::kAllChecksumKinds)
    if (checksum_member(named, kind)) return kind;
  return std::nullopt;
}

/// "The complete request must include the checksum for each part" of a composite one; of others it
/// may. Where none was announced, S3 finds no part that has one.
Result<> check_part_checksum(const UploadTarget& target, const MultipartUpload& upload,
                             const StoredPart& stored, CompletedPart& named) {
  const std::optional<crypto::ChecksumKind> given = given_kind(named);
  if (!upload.announced) {
    if (given) return fail(invalid_part(target, named));
    return {};
  }
  const std::optional<std::string>& text = checksum_member(named, *upload.announced);
  if (text) {
    if (*text != to_base64(stored.part.checksum_bytes)) return fail(invalid_part(target, named));
    return {};
  }
  if (!upload.composite) return {};
  const std::string number = std::to_string(stored.number);
  if (given)
    return fail(service_error(errors::kBadDigest, "The " + name_in_text(*given) +
                                                      " you specified for part " + number +
                                                      " did not match what we received."));
  return fail(invalid_request("The upload was created using a " + name_in_text(*upload.announced) +
                              " checksum. The complete request must include the checksum for each "
                              "part. It was missing for part " +
                              number + " in the request."));
}

/// The object's checksum, as text.
class ObjectChecksum {
 public:
  explicit ObjectChecksum(const MultipartUpload& upload)
      : kind_(upload.checksum_kind()), composite_(upload.composite) {
    if (composite_) {
      of_checksums_.emplace(kind_);
    } else {
      combined_ = crypto::CrcCombiner::of(kind_);
      DYAD_CHECK(combined_.has_value());
    }
  }
  /// corruption: the part's checksum is of another kind.
  Result<> add(const table::UploadPart& part) {
    if (part.checksum != static_cast<std::uint8_t>(kind_) ||
        part.checksum_bytes.size() != crypto::size_bytes_of(kind_))
      return fail(ErrorCode::corruption, "a part has another checksum than its upload");
    if (composite_) {
      of_checksums_->update(part.checksum_bytes);
    } else {
      combined_->append(part.checksum_bytes, part.size_bytes);
    }
    return {};
  }
  std::string finish(std::size_t parts) {
    if (!composite_) return to_base64(combined_->finish());
    return to_base64(of_checksums_->finish()) + "-" + std::to_string(parts);
  }

 private:
  const crypto::ChecksumKind kind_;
  const bool composite_;
  std::optional<crypto::Checksum> of_checksums_;
  std::optional<crypto::CrcCombiner> combined_;
};

/// What the request says of the whole against what came out.
Result<> check_object(const MultipartUpload& upload, const ObjectAttributes& object,
                      CompleteMultipartUploadInput& request) {
  if (request.mpu_object_size &&
      static_cast<std::uint64_t>(*request.mpu_object_size) != object.size_bytes)
    return fail(
        invalid_request("The provided 'x-amz-mp-object-size' header value " +
                        std::to_string(*request.mpu_object_size) +
                        " does not match what was computed: " + std::to_string(object.size_bytes)));
  for (const crypto::ChecksumKind kind : crypto::kAllChecksumKinds) {
    const std::optional<std::string>& text = checksum_member(request, kind);
    if (!text) continue;
    if (kind != upload.checksum_kind()) return fail(bad_digest(upload));
    // Without a type S3 takes the value for one of the algorithm's own type, which for all but
    // CRC64NVME is the composite one.
    const bool taken_as_composite =
        request.checksum_type ? upload.composite : kind != crypto::ChecksumKind::crc64nvme;
    if (taken_as_composite != upload.composite) return fail(bad_digest(upload));
    const std::string_view computed = object.checksum_text;
    const bool same =
        *text == computed || (upload.composite && *text == computed.substr(0, computed.find('-')));
    if (!same) return fail(bad_digest(upload));
  }
  return {};
}

}  // namespace

Result<CompletedUpload> put_together(const UploadTarget& target, const MultipartUpload& upload,
                                     const std::vector<StoredPart>& stored,
                                     CompleteMultipartUploadInput& request,
                                     std::uint64_t min_part_bytes) {
  if (!request.multipart_upload) request.multipart_upload.emplace();
  std::vector<CompletedPart>& named = request.multipart_upload->parts;
  DYAD_TRY(check_order(target, named));
  if (request.checksum_type && *request.checksum_type != upload.type_name())
    return fail(invalid_request("The upload was created using the " +
                                std::string(upload.type_name()) +
                                " checksum mode. The complete request must use the same checksum "
                                "mode."));
  CompletedUpload completed;
  completed.attributes = upload.attributes;
  completed.parts.upload_id = target.id;
  completed.parts.parts.reserve(named.size());
  crypto::Md5 md5;
  ObjectChecksum checksum(upload);
  std::uint64_t size_bytes = 0;
  auto next = stored.begin();
  const auto leave_out_below = [&](std::uint32_t number) {
    for (; next != stored.end() && next->number < number; ++next)
      completed.left_out.push_back(next->part.blob);
  };
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(*named[i].part_number);
    leave_out_below(number);
    if (next == stored.end() || next->number != number ||
        to_hex(next->part.md5) != ascii_lower(bare(*named[i].e_tag)))
      return fail(invalid_part(target, named[i]));
    DYAD_TRY(check_part_checksum(target, upload, *next, named[i]));
    if (i + 1 < named.size() && next->part.size_bytes < min_part_bytes)
      return fail(too_small(*next, min_part_bytes));
    const table::UploadPart& part = next->part;
    md5.update(part.md5);
    DYAD_TRY(checksum.add(part));
    size_bytes += part.size_bytes;
    completed.parts.parts.push_back({number, part.size_bytes, part.blob, part.checksum_bytes});
    ++next;
  }
  leave_out_below(table::kMaxPartNumber + 1);

  ObjectAttributes& object = completed.attributes;
  object.size_bytes = size_bytes;
  object.e_tag = to_hex(crypto::as_view(md5.finish())) + "-" + std::to_string(named.size());
  object.checksum_kind = upload.checksum_kind();
  object.checksum_text = checksum.finish(named.size());
  object.checksum_type = upload.composite ? kComposite : kFullObject;
  DYAD_TRY(check_object(upload, object, request));
  return completed;
}

Task<Result<>> abort_upload(S3Service& service, const UploadTarget& target, Deadline deadline) {
  table::SideWrite write;
  write.table = target.table;
  write.key = target.key;
  write.latches.push_back({target.row(), store::LatchMode::exclusive});
  write.makes_room = true;
  write.body = [&](store::Transaction& tx, const table::KeyPlace& place) -> Task<Result<>> {
    DYAD_CO_TRY(co_await find_upload(tx, place, target));
    DYAD_CO_TRY_ASSIGN(const std::vector<StoredPart> parts,
                       co_await table::read_upload_parts(tx, place, target.id));
    for (const StoredPart& part : parts)
      DYAD_CO_TRY(table::release_reference(tx, place, part.part.blob));
    co_return table::erase_upload(tx, place, target.id, parts);
  };
  Result<store::Commit> written =
      co_await service.tables().write_beside(std::move(write), deadline);
  if (!written) co_return fail(std::move(written).error());
  co_return Result<>();
}

}  // namespace dyad::s3
