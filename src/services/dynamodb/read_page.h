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
/// row by row, at most kMaxPageBytes of it.
Task<Result<ReadPage>> answer_page(DynamoDbService& service, const api::RequestContext& context,
                                   const ReadSource& source, const ReadExpressions& read,
                                   table::RowPage rows, bool consistent);

}  // namespace dyad::dynamodb
