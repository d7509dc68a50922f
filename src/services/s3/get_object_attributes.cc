#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/object_content.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"

namespace dyad::s3 {
namespace {

using model::GetObjectAttributesInput;
using model::GetObjectAttributesOutput;

constexpr std::string_view kHeader = "x-amz-object-attributes";
/// "GetObjectAttributes": at most 1,000 parts a page.
constexpr std::int32_t kMaxListedParts = 1000;
constexpr std::array<std::string_view, 5> kNames = {"ETag", "Checksum", "ObjectParts",
                                                    "StorageClass", "ObjectSize"};

Result<> check_request(const GetObjectAttributesInput& input) {
  DYAD_TRY(check_key(input.key));
  DYAD_TRY(check_version_id(input.version_id));
  if (names_customer_key(input)) return fail(header_not_implemented(kCustomerKeyHeader));
  const auto& asked = input.object_attributes;
  if (asked.empty())
    return fail(invalid_request(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
        "missing or empty"));
  for (const std::string& name : asked)
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
      return fail(invalid_argument(kHeader, name, "Invalid attribute name specified."));
  return {};
}

bool asks_for(const GetObjectAttributesInput& input, std::string_view name) {
  const auto& asked = input.object_attributes;
  return std::find(asked.begin(), asked.end(), name) != asked.end();
}

std::optional<model::Checksum> checksum_of(const ObjectAttributes& object) {
  if (!object.checksum_kind) return std::nullopt;
  model::Checksum checksum;
  // Of a checksum of checksums the number of parts is told elsewhere.
  const std::string& text = object.checksum_text;
  checksum_member(checksum, *object.checksum_kind) = text.substr(0, text.find('-'));
  checksum.checksum_type = object.checksum_type;
  return checksum;
}

/// "GetObjectAttributes": parts are listed where they have checksums that the object's is made of;
/// of others only their number is told.
model::GetObjectAttributesParts parts_of(const GetObjectAttributesInput& input,
                                         const ObjectAttributes& object,
                                         const table::PartList& list) {
  model::GetObjectAttributesParts told;
  told.total_parts_count = static_cast<std::int32_t>(list.parts.size());
  if (!object.checksum_kind || object.checksum_type != kComposite) return told;
  const std::int32_t marker = input.part_number_marker.value_or(0);
  const std::int32_t most = std::min(input.max_parts.value_or(kMaxListedParts), kMaxListedParts);
  told.part_number_marker = marker;
  told.max_parts = most;
  told.is_truncated = false;
  told.next_part_number_marker = 0;
  for (const table::PartList::Part& part : list.parts) {
    if (part.number <= static_cast<std::uint32_t>(marker)) continue;
    if (told.parts.size() == static_cast<std::size_t>(most)) {
      told.is_truncated = true;
      break;
    }
    model::ObjectPart& one = told.parts.emplace_back();
    one.part_number = static_cast<std::int32_t>(part.number);
    one.size = static_cast<std::int64_t>(part.size_bytes);
    checksum_member(one, *object.checksum_kind) = to_base64(part.checksum_bytes);
    told.next_part_number_marker = one.part_number;
  }
  return told;
}

}  // namespace

Task<Result<GetObjectAttributesOutput>> get_object_attributes(S3Service& service,
                                                              api::RequestContext& context,
                                                              GetObjectAttributesInput& input) {
  DYAD_CO_TRY(check_request(input));
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  DYAD_CO_TRY_ASSIGN(const FoundObject found,
                     co_await find_object(service, table, input.bucket, input.key, input.version_id,
                                          context.deadline));
  const ObjectAttributes& object = found.attributes;

  GetObjectAttributesOutput output;
  output.last_modified = last_modified_on_wire(object);
  if (asks_for(input, "ETag")) output.e_tag = object.e_tag;  // Without quotes, here alone.
  if (asks_for(input, "Checksum")) output.checksum = checksum_of(object);
  if (asks_for(input, "StorageClass")) output.storage_class = object.storage_class;
  if (asks_for(input, "ObjectSize"))
    output.object_size = static_cast<std::int64_t>(object.size_bytes);
  const table::PartList* list = found.part_list();
  if (list != nullptr && asks_for(input, "ObjectParts"))
    output.object_parts = parts_of(input, object, *list);
  co_return output;
}

}  // namespace dyad::s3
