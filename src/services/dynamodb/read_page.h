#pragma once

#include <optional>
#include <vector>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/read_request.h"

namespace dyad::dynamodb {

/// A page holds rows of so many bytes by DynamoDB's count, before any filter; the row that reaches
/// it is the last one. "Paginating table query results" in the developer guide.
constexpr std::uint64_t kMaxPageBytes = std::uint64_t{1} << 20;

/// A page of a Query or Scan as it is answered.
struct ReadPage {
  std::optional<std::vector<table::Item>> items;  ///< None: COUNT.
  std::int32_t count = 0;
  std::int32_t scanned_count = 0;
  std::optional<table::Item> last_evaluated_key;
  CapacityUse use;
};

/// Filters and projects the rows; of a local index it fetches what the index lacks from the table,
/// a few rows at a time; the page ends after kMaxPageBytes of them.
Task<Result<ReadPage>> answer_page(DynamoDbService& service, const api::RequestContext& context,
                                   const ReadSource& source, const ReadExpressions& read,
                                   table::RowPage rows, bool consistent);

/// How many rows a page may have, and how large it may be.
template <class Input>
table::PageLimits page_limits(const Input& input) {
  table::PageLimits limits;
  limits.item_bytes = kMaxPageBytes;
  if (input.limit) limits.rows = static_cast<std::uint32_t>(*input.limit);
  return limits;
}

/// The page as the output of a Query or Scan.
template <class Output, class Input>
Output output_of(const Input& input, const ReadSource& source, ReadPage page) {
  Output output;
  output.items = std::move(page.items);
  output.count = page.count;
  output.scanned_count = page.scanned_count;
  output.last_evaluated_key = std::move(page.last_evaluated_key);
  output.consumed_capacity =
      CapacityReport(input.return_consumed_capacity).report(source.table->name, page.use);
  return output;
}

}  // namespace dyad::dynamodb
