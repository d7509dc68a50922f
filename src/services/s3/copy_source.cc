#include "services/s3/copy_source.h"

#include <charconv>

#include "crypto/uri_encoding.h"
#include "services/s3/bucket_table.h"
#include "services/s3/object_read.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

constexpr std::string_view kHeader = "x-amz-copy-source";
constexpr std::string_view kRangeHeader = "x-amz-copy-source-range";

/// S3 tells the header's name for its value here.
Error invalid_source(std::string_view message) {
  return invalid_argument(kHeader, kHeader, message);
}

/// Clients write a blank of a key as "%20" or as "+"; a plus sign is "%2B".
std::optional<std::string> decoded(std::string_view text) {
  return crypto::uri_decoded(text, true);
}

Result<std::optional<std::string>> parse_version(std::string_view query) {
  constexpr std::string_view name = "versionId=";
  if (!query.starts_with(name)) return fail(invalid_source("Unsupported copy source parameter."));
  std::optional<std::string> version = decoded(query.substr(name.size()));
  if (!version) return fail(invalid_source("Invalid copy source encoding."));
  return version;
}

Error invalid_range(std::string_view header) {
  return invalid_argument(
      kRangeHeader, header,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
      "are the zero-based offsets of the first and last bytes to copy");
}

/// Digits only. None: not a number, or above what an offset can be.
std::optional<std::uint64_t> parse_offset(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

Result<CopySource> parse_copy_source(std::string_view header) {
  const std::size_t question = header.find('?');
  std::optional<std::string> path = decoded(header.substr(0, question));
  if (!path) return fail(invalid_source("Invalid copy source encoding."));
  if (path->starts_with("arn:"))
    return fail(header_not_implemented(kHeader, "Copying through access points is not served"));
  if (path->starts_with('/')) path->erase(0, 1);
  const std::size_t slash = path->find('/');
  if (slash == std::string::npos || slash + 1 == path->size())
    return fail(invalid_source("Invalid copy source object key"));
  if (slash == 0) return fail(invalid_source("Invalid copy source bucket name"));
  CopySource source;
  source.bucket = path->substr(0, slash);
  source.key = path->substr(slash + 1);
  if (question != std::string_view::npos) {
    DYAD_TRY_ASSIGN(source.version_id, parse_version(header.substr(question + 1)));
  }
  DYAD_TRY(check_key(source.key));
  DYAD_TRY(check_version_id(source.version_id));
  return source;
}

Result<ByteRange> parse_copy_range(std::string_view header, std::uint64_t size_bytes) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return fail(invalid_range(header));
  const std::string_view spec = header.substr(unit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return fail(invalid_range(header));
  const std::optional<std::uint64_t> first = parse_offset(spec.substr(0, dash));
  const std::optional<std::uint64_t> last = parse_offset(spec.substr(dash + 1));
  if (!first || !last || *last < *first) return fail(invalid_range(header));
  if (*first >= size_bytes)
    return fail(invalid_request("The specified copy range is invalid for the source object size"));
  if (*last >= size_bytes)
    return fail(invalid_argument(
        kRangeHeader, header,
        "Range specified is not valid for source object of size: " + std::to_string(size_bytes)));
  return ByteRange{*first, *last - *first + 1};
}

Result<> check_copied_size(std::uint64_t size_bytes, std::uint64_t limit_bytes) {
  if (size_bytes <= limit_bytes) return {};
  return fail(invalid_request(
      "The specified copy source is larger than the maximum allowable size for a copy source: " +
      std::to_string(limit_bytes)));
}

Task<Result<FoundObject>> find_source(S3Service& service, const api::RequestContext& context,
                                      CopySource source, ReadConditions conditions,
                                      const std::optional<std::string>& expected_owner) {
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_bucket(service, context, source.bucket, expected_owner));
  DYAD_CO_TRY_ASSIGN(FoundObject object,
                     co_await find_object(service, table, source.bucket, source.key,
                                          source.version_id, context.deadline));
  const ObjectState state{object.attributes.e_tag, object.attributes.last_modified_ms};
  DYAD_CO_TRY(check_source_conditions(conditions, state, context.clock->wall_ms()));
  co_return object;
}

}  // namespace dyad::s3
