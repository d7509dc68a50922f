#include "services/s3/object_read.h"

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
                             std::uint64_t size_bytes) {
  ReadPart part;
  if (range && part_number)
    return fail(invalid_request("Cannot specify both Range header and partNumber query parameter"));
  if (range) {
    DYAD_TRY_ASSIGN(part.range, parse_range(*range, size_bytes));
    return part;
  }
  if (!part_number) return part;
  if (*part_number > 1) {
    Error error = protocol::with_field(protocol::service_error(model::errors::kInvalidPartNumber),
                                       "PartNumberRequested", std::to_string(*part_number));
    return fail(protocol::with_field(std::move(error), "ActualPartCount", "1"));
  }
  // A part is answered as a range (206); of an empty object there is none to name.
  if (size_bytes > 0) part.range = ByteRange{0, size_bytes};
  return part;
}

}  // namespace dyad::s3
