#include "services/s3/object_read.h"

#include "base/bytes.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/object_parts.h"

namespace dyad::s3 {
namespace {

/// What every object of a bucket without versions has for a version id.
constexpr std::string_view kNullVersion = "null";

}  // namespace

Result<> check_version_id(const std::optional<std::string>& version_id) {
  if (!version_id || *version_id == kNullVersion) return {};
  if (version_id->empty())
    return fail(invalid_argument("versionId", "", "Version id cannot be the empty string"));
  return fail(invalid_argument("versionId", *version_id, "Invalid version id specified"));
}

Error object_missing(std::string_view key, const std::optional<std::string>& version_id) {
  if (!version_id) return no_such_key(key);
  Error error = protocol::service_error(model::errors::kNoSuchVersion);
  error = protocol::with_field(std::move(error), "Key", std::string(key));
  return protocol::with_field(std::move(error), "VersionId", *version_id);
}

Result<ReadPart> choose_part(const std::optional<std::string>& range,
                             const std::optional<std::int32_t>& part_number,
                             const ObjectAttributes& object, const table::PartList* parts) {
  ReadPart part;
  if (range && part_number)
    return fail(invalid_request("Cannot specify both Range header and partNumber query parameter"));
  if (range) {
    DYAD_TRY_ASSIGN(part.range, parse_range(*range, object.size_bytes));
    return part;
  }
  if (!part_number) return part;
  std::optional<ByteRange> bytes;
  if (parts != nullptr) {
    bytes = range_of_part(*parts, static_cast<std::uint32_t>(*part_number));
    part.parts_count = static_cast<std::int32_t>(parts->parts.size());
  } else if (*part_number == 1) {
    bytes = ByteRange{0, object.size_bytes};
  }
  if (!bytes) {
    Error error = protocol::with_field(protocol::service_error(model::errors::kInvalidPartNumber),
                                       "PartNumberRequested", std::to_string(*part_number));
    return fail(protocol::with_field(std::move(error), "ActualPartCount",
                                     std::to_string(part.parts_count.value_or(1))));
  }
  // A part is answered as a range (206); of an empty one there is none to name.
  if (bytes->length > 0) part.range = bytes;
  if (parts != nullptr && object.checksum_type == kComposite) {
    for (const table::PartList::Part& one : parts->parts)
      if (one.number == static_cast<std::uint32_t>(*part_number))
        part.checksum_text = to_base64(one.checksum_bytes);
  }
  return part;
}

}  // namespace dyad::s3
