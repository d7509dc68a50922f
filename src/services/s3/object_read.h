#pragma once

#include <optional>
#include <string>

#include "api/request_context.h"
#include "base/result.h"
#include "protocol/timestamps.h"
#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/conditional_requests.h"
#include "services/s3/object_attributes.h"
#include "services/s3/ranges.h"
#include "services/s3/s3_errors.h"
#include "services/s3/service.h"
#include "services/s3/unserved_features.h"
#include "table/upload_rows.h"

namespace dyad::s3 {

// What GetObject and HeadObject share: their inputs and outputs have the same members.

/// The part of an object that an answer is about.
struct ReadPart {
  std::optional<ByteRange> range;           ///< None: all of it, status 200.
  std::optional<std::int32_t> parts_count;  ///< Of an object in parts that was asked for one.
  std::string checksum_text;  ///< Of that part, where the object's is made of those of its parts.
};

/// InvalidArgument: a version id that cannot be one of a bucket without versions.
Result<> check_version_id(const std::optional<std::string>& version_id);
/// NoSuchKey, or NoSuchVersion where the version "null" was asked for by name.
Error object_missing(std::string_view key, const std::optional<std::string>& version_id);
/// InvalidRange, InvalidPartNumber, InvalidRequest. An object that was put as a whole (`parts`
/// null) is its only part.
Result<ReadPart> choose_part(const std::optional<std::string>& range,
                             const std::optional<std::int32_t>& part_number,
                             const ObjectAttributes& object, const table::PartList* parts);

template <class Input>
Result<> check_read_request(const api::RequestContext& context, const Input& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(check_version_id(input.version_id));
  if (names_customer_key(input)) return fail(header_not_implemented(kCustomerKeyHeader));
  const bool overrides = input.response_cache_control || input.response_content_disposition ||
                         input.response_content_encoding || input.response_content_language ||
                         input.response_content_type || input.response_expires;
  if (overrides && context.principal->kind == auth::Principal::Kind::anonymous)
    return fail(invalid_request(
        "Request specific response headers cannot be used for anonymous GET requests."));
  return {};
}

/// Conditions and range of a request against the object that is there.
/// `parts`: null where the object is in one piece, or where no part is asked for.
template <class Input>
Result<ReadPart> check_object(const Input& input, const ObjectAttributes& object,
                              const table::PartList* parts, std::int64_t now_ms) {
  const ObjectState state{object.e_tag, object.last_modified_ms};
  DYAD_TRY(check_read_conditions(ReadConditions::of(input), state, now_ms));
  return choose_part(input.range, input.part_number, object, parts);
}

template <class Output, class Input>
Output describe_object(const Input& input, const ObjectAttributes& object, const ReadPart& part) {
  const auto or_stored = [](const std::optional<std::string>& asked,
                            const std::optional<std::string>& stored) {
    return asked ? asked : stored;
  };
  Output output;
  output.accept_ranges = "bytes";
  output.last_modified = last_modified_on_wire(object);
  output.content_length =
      static_cast<std::int64_t>(part.range ? part.range->length : object.size_bytes);
  output.e_tag = object.quoted_e_tag();
  if (part.range) output.content_range = content_range(*part.range, object.size_bytes);
  // Of the whole object, or of the part itself: a client would check what it gets against it.
  const bool whole = !part.range || part.range->length == object.size_bytes;
  const std::string& checksum =
      part.checksum_text.empty() && whole ? object.checksum_text : part.checksum_text;
  if (object.checksum_kind && !checksum.empty() && input.checksum_mode.value_or("") == "ENABLED") {
    checksum_member(output, *object.checksum_kind) = checksum;
    output.checksum_type = object.checksum_type;
  }
  output.parts_count = part.parts_count;
  output.content_type = or_stored(input.response_content_type, object.content_type);
  output.cache_control = or_stored(input.response_cache_control, object.cache_control);
  output.content_disposition =
      or_stored(input.response_content_disposition, object.content_disposition);
  output.content_encoding = or_stored(input.response_content_encoding, object.content_encoding);
  output.content_language = or_stored(input.response_content_language, object.content_language);
  output.expires = or_stored(input.response_expires, object.expires);
  output.website_redirect_location = object.website_redirect;
  output.metadata = object.metadata;
  // "x-amz-storage-class: … for all objects except for S3 Standard storage class objects".
  if (object.storage_class != kStandardStorageClass) output.storage_class = object.storage_class;
  if (!object.tags.empty()) output.tag_count = static_cast<std::int32_t>(object.tags.size());
  return output;
}

}  // namespace dyad::s3
