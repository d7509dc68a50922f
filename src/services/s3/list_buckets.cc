#include "base/ascii.h"
#include "services/s3/bucket_table.h"
#include "services/s3/list_position.h"
#include "services/s3/operations.h"
#include "services/s3/regions.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using model::ListBucketsInput;
using model::ListBucketsOutput;

/// "ListBuckets", max-buckets: 1 to 10,000.
constexpr std::int32_t kMaxBuckets = 10'000;

Error bad_region(std::string message) {
  return protocol::with_field(
      protocol::service_error(model::errors::kInvalidArgument, std::move(message)), "ArgumentName",
      "bucket-region");
}

Result<> check_request(const ListBucketsInput& input, std::string_view region) {
  if (input.max_buckets && (*input.max_buckets < 1 || *input.max_buckets > kMaxBuckets))
    return fail(invalid_argument("max-buckets", std::to_string(*input.max_buckets),
                                 "Argument max-buckets must be an integer between 1 and 10000"));
  if (!input.bucket_region) return {};
  const std::string asked = ascii_lower(*input.bucket_region);
  if (asked == region) return {};
  if (!is_region(asked))
    return fail(
        bad_region("Argument value " + *input.bucket_region + " is not a valid AWS Region"));
  return fail(bad_region(
      "Requests with bucket-region specified must be made to the corresponding regional endpoint"));
}

}  // namespace

Task<Result<ListBucketsOutput>> list_buckets(S3Service& service, api::RequestContext& context,
                                             ListBucketsInput& input) {
  DYAD_CO_TRY(check_request(input, context.region));
  std::string after;  // A table's name; told already.
  if (input.continuation_token && !input.continuation_token->empty()) {
    DYAD_CO_TRY_ASSIGN(const std::string last,
                       parse_continuation_token(TokenKind::buckets, *input.continuation_token));
    after = bucket_table_name(last);
  }
  // S3 names the region once any of the parameters for pages is there.
  const bool paged =
      input.max_buckets || input.continuation_token || input.prefix || input.bucket_region;
  const auto limit = static_cast<std::size_t>(input.max_buckets.value_or(kMaxBuckets));
  DYAD_CO_TRY_ASSIGN(const std::vector<std::string> names,
                     co_await service.tables().list(bucket_table_name(input.prefix.value_or("")),
                                                    after, limit + 1));

  ListBucketsOutput output;
  output.owner.emplace();
  output.owner->id = canonical_user_id(context.account_id);
  output.prefix = input.prefix;
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) {
    Result<table::TableRef> table = co_await service.tables().find(names[i], context.deadline);
    // Dropped since its name was read.
    if (!table && table.error().code == ErrorCode::not_found) continue;
    if (!table) co_return fail(std::move(table).error());
    model::Bucket bucket;
    bucket.name = names[i].substr(kBucketTablePrefix.size());
    bucket.creation_date = protocol::UtcMs{(*table)->created_ms / 1000 * 1000};
    if (paged) bucket.bucket_region = context.region;
    bucket.bucket_arn = bucket_arn(bucket.name);
    output.buckets.push_back(std::move(bucket));
  }
  if (names.size() > limit)
    output.continuation_token = make_continuation_token(
        TokenKind::buckets, names[limit - 1].substr(kBucketTablePrefix.size()));
  co_return output;
}

}  // namespace dyad::s3
