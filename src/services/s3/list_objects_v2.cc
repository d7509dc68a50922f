#include <algorithm>

#include "services/s3/bucket_table.h"
#include "services/s3/list_encoding.h"
#include "services/s3/list_position.h"
#include "services/s3/object_listing.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using model::ListObjectsV2Input;
using model::ListObjectsV2Output;

/// "Returns some or all (up to 1,000) of the objects": more may be asked for and is not given.
constexpr std::int32_t kMaxKeys = 1000;

/// Where the page begins; none: behind everything.
Result<std::optional<std::string>> start_of(const ListObjectsV2Input& input) {
  if (input.continuation_token) {
    DYAD_TRY_ASSIGN(std::string position,
                    parse_continuation_token(TokenKind::objects, *input.continuation_token));
    return std::optional<std::string>(std::move(position));
  }
  const std::string_view start_after =
      input.start_after ? std::string_view(*input.start_after) : "";
  if (start_after.empty()) return std::optional<std::string>(std::string());
  return position_of_start(start_after, input.prefix.value_or(""), input.delimiter.value_or(""));
}

/// What the answer repeats of the request.
ListObjectsV2Output echo(const ListObjectsV2Input& input, bool url) {
  const auto encoded = [url](const std::string& text) {
    return url ? url_encoded_key(text) : text;
  };
  ListObjectsV2Output output;
  output.name = input.bucket;
  output.prefix = encoded(input.prefix.value_or(""));
  output.max_keys = std::min(input.max_keys.value_or(kMaxKeys), kMaxKeys);
  output.continuation_token = input.continuation_token;
  output.encoding_type = input.encoding_type;
  if (input.start_after && !input.start_after->empty())
    output.start_after = encoded(*input.start_after);
  if (input.delimiter && !input.delimiter->empty()) output.delimiter = encoded(*input.delimiter);
  return output;
}

model::Object content(const ListEntry& entry, const std::optional<model::Owner>& owner, bool url) {
  const ObjectAttributes& attributes = *entry.object;
  model::Object object;
  object.key = url ? url_encoded_key(entry.name) : entry.name;
  object.last_modified = last_modified_on_wire(attributes);
  object.e_tag = attributes.quoted_e_tag();
  if (attributes.checksum_kind) {
    object.checksum_algorithm.emplace_back(crypto::name_of(*attributes.checksum_kind));
    object.checksum_type = attributes.checksum_type;
  }
  object.size = static_cast<std::int64_t>(attributes.size_bytes);
  object.storage_class = attributes.storage_class;
  object.owner = owner;
  return object;
}

void tell(ListObjectsV2Output& output, const ListPage& page,
          const std::optional<model::Owner>& owner, bool url) {
  for (const ListEntry& entry : page.entries) {
    if (entry.object) {
      output.contents.push_back(content(entry, owner, url));
    } else {
      output.common_prefixes.push_back(
          model::CommonPrefix{url ? url_encoded_key(entry.name) : entry.name});
    }
  }
  output.key_count = static_cast<std::int32_t>(page.entries.size());
  output.is_truncated = page.next.has_value();
  if (page.next)
    output.next_continuation_token = make_continuation_token(TokenKind::objects, *page.next);
}

}  // namespace

Task<Result<ListObjectsV2Output>> list_objects_v2(S3Service& service, api::RequestContext& context,
                                                  ListObjectsV2Input& input) {
  if (input.encoding_type && *input.encoding_type != "url")
    co_return fail(invalid_argument("encoding-type", *input.encoding_type,
                                    "Invalid Encoding Method specified in Request"));
  DYAD_CO_TRY_ASSIGN(table::TableRef table, co_await find_bucket(service, context, input.bucket,
                                                                 input.expected_bucket_owner));
  DYAD_CO_TRY_ASSIGN(std::optional<std::string> start, start_of(input));
  const bool url = input.encoding_type.has_value();
  ListObjectsV2Output output = echo(input, url);
  // With max-keys=0 S3 answers an empty page that is not truncated.
  if (!start || output.max_keys == 0) co_return output;

  ListSpec spec;
  spec.table = std::move(table);
  spec.bucket = input.bucket;
  spec.prefix = input.prefix.value_or("");
  spec.delimiter = input.delimiter.value_or("");
  spec.position = std::move(*start);
  spec.max_entries = static_cast<std::uint32_t>(output.max_keys);
  Result<ListPage> page = co_await list_objects(service, std::move(spec), context.deadline);
  if (!page) co_return fail(bucket_error(std::move(page).error(), input.bucket));
  std::optional<model::Owner> owner;
  if (input.fetch_owner.value_or(false)) {
    owner.emplace();
    owner->id = canonical_user_id(context.account_id);
  }
  tell(output, *page, owner, url);
  co_return output;
}

}  // namespace dyad::s3
