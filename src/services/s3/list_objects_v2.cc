#include <algorithm>

#include "services/s3/bucket_table.h"
#include "services/s3/list_position.h"
#include "services/s3/listed_object.h"
#include "services/s3/operations.h"

namespace dyad::s3 {
namespace {

using model::ListObjectsV2Input;
using model::ListObjectsV2Output;

/// Where the page begins; none: behind everything.
Result<std::optional<std::string>> start_of(const ListObjectsV2Input& input) {
  if (input.continuation_token) {
    DYAD_TRY_ASSIGN(std::string position,
                    parse_continuation_token(TokenKind::objects, *input.continuation_token));
    return std::optional<std::string>(std::move(position));
  }
  return position_of_start(input.start_after.value_or(""), input.prefix.value_or(""),
                           input.delimiter.value_or(""));
}

/// What the answer repeats of the request.
ListObjectsV2Output echo(const ListObjectsV2Input& input, const ListEncoding& encoding) {
  ListObjectsV2Output output;
  output.name = input.bucket;
  output.prefix = encoding(input.prefix.value_or(""));
  output.max_keys = std::min(input.max_keys.value_or(kMaxListedKeys), kMaxListedKeys);
  output.continuation_token = input.continuation_token;
  output.encoding_type = input.encoding_type;
  // A token says where to go on: what it takes the place of is not told.
  if (!input.continuation_token)
    output.start_after = encoded_unless_empty(input.start_after, encoding);
  output.delimiter = encoded_unless_empty(input.delimiter, encoding);
  return output;
}

}  // namespace

Task<Result<ListObjectsV2Output>> list_objects_v2(S3Service& service, api::RequestContext& context,
                                                  ListObjectsV2Input& input) {
  DYAD_CO_TRY(check_list_texts({&input.prefix, &input.delimiter, &input.start_after}));
  DYAD_CO_TRY_ASSIGN(const ListEncoding encoding, ListEncoding::of(input.encoding_type));
  DYAD_CO_TRY_ASSIGN(table::TableRef table, co_await find_bucket(service, context, input.bucket,
                                                                 input.expected_bucket_owner));
  DYAD_CO_TRY_ASSIGN(std::optional<std::string> start, start_of(input));
  ListObjectsV2Output output = echo(input, encoding);
  // With max-keys=0 S3 answers an empty page that is not truncated.
  if (!start || output.max_keys == 0) co_return output;

  ListSpec spec = list_spec(input, std::move(table), std::move(*start), output.max_keys);
  Result<ListPage> page = co_await list_page(service, std::move(spec), context.deadline);
  if (!page) co_return fail(bucket_error(std::move(page).error(), input.bucket));
  std::optional<model::Owner> owner;
  if (input.fetch_owner.value_or(false)) owner = owner_of_account(context.account_id);
  tell_entries(output, *page, owner, encoding);
  output.key_count = static_cast<std::int32_t>(page->entries.size());
  output.is_truncated = page->next.has_value();
  if (page->next)
    output.next_continuation_token = make_continuation_token(TokenKind::objects, *page->next);
  co_return output;
}

}  // namespace dyad::s3
