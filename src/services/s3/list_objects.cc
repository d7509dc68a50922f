#include <algorithm>

#include "services/s3/bucket_table.h"
#include "services/s3/list_position.h"
#include "services/s3/listed_object.h"
#include "services/s3/operations.h"

namespace dyad::s3 {
namespace {

using model::ListObjectsInput;
using model::ListObjectsOutput;

/// What the answer repeats of the request.
ListObjectsOutput echo(const ListObjectsInput& input, const ListEncoding& encoding) {
  ListObjectsOutput output;
  output.name = input.bucket;
  output.prefix = encoding(input.prefix.value_or(""));
  output.marker = encoding(input.marker.value_or(""));
  output.max_keys = std::min(input.max_keys.value_or(kMaxListedKeys), kMaxListedKeys);
  output.encoding_type = input.encoding_type;
  output.delimiter = encoded_unless_empty(input.delimiter, encoding);
  return output;
}

}  // namespace

Task<Result<ListObjectsOutput>> list_objects(S3Service& service, api::RequestContext& context,
                                             ListObjectsInput& input) {
  DYAD_CO_TRY(check_list_texts({&input.prefix, &input.delimiter, &input.marker}));
  DYAD_CO_TRY_ASSIGN(const ListEncoding encoding, ListEncoding::of(input.encoding_type));
  DYAD_CO_TRY_ASSIGN(table::TableRef table, co_await find_bucket(service, context, input.bucket,
                                                                 input.expected_bucket_owner));
  ListObjectsOutput output = echo(input, encoding);
  std::optional<std::string> start = position_of_start(
      input.marker.value_or(""), input.prefix.value_or(""), input.delimiter.value_or(""));
  if (!start || output.max_keys == 0) co_return output;

  ListSpec spec = list_spec(input, std::move(table), std::move(*start), output.max_keys);
  Result<ListPage> page = co_await list_page(service, std::move(spec), context.deadline);
  if (!page) co_return fail(bucket_error(std::move(page).error(), input.bucket));
  tell_entries(output, *page, owner_of_account(context.account_id), encoding);
  output.is_truncated = page->next.has_value();
  // "This element is returned only if you have the delimiter request parameter specified": without
  // one the last key says where to go on, with one the last entry may be a common prefix.
  if (page->next && output.delimiter) output.next_marker = encoding(page->entries.back().name);
  co_return output;
}

}  // namespace dyad::s3
