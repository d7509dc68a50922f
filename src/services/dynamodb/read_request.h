#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/dynamodb/query.h"
#include "api/dynamodb/scan.h"
#include "api/request_context.h"
#include "base/result.h"
#include "expression/condition.h"
#include "expression/key_condition.h"
#include "expression/projection.h"
#include "services/dynamodb/service.h"
#include "table/tables.h"

namespace dyad::dynamodb {

// What Query and Scan share until they know what to read.

/// The parameter Select, with its default worked out.
enum class Select : std::uint8_t { all, projected, specific, count };

/// The expressions of a read, from either kind of parameters.
struct ReadExpressions {
  Select select = Select::all;
  std::optional<expression::KeyCondition> key_condition;
  std::vector<expression::KeyTerm> key_terms;  ///< KeyConditions; where there is no expression.
  std::optional<expression::Condition> filter;
  std::optional<expression::Projection> projection;
};

/// Everything that can be checked before the table is known. Service errors.
Result<ReadExpressions> check_read_request(model::QueryInput& input);
Result<ReadExpressions> check_read_request(model::ScanInput& input);

/// What is read: a table or one of its indexes.
struct ReadSource {
  table::TableRef table;
  const table::IndexDescriptor* index = nullptr;  ///< Of `table`.

  bool is_global() const {
    return index != nullptr && index->kind == table::IndexDescriptor::Kind::global;
  }
  const table::KeySchema& keys() const { return index != nullptr ? index->keys : table->keys; }
  std::string index_name() const { return index != nullptr ? index->name : std::string(); }
  /// The attributes of a LastEvaluatedKey: the table's keys, then the index's.
  std::vector<table::KeyAttribute> start_key_attributes() const;
};

/// Finds table and index. Service errors.
Task<Result<ReadSource>> find_source(DynamoDbService& service, const api::RequestContext& context,
                                     std::string table_name, std::optional<std::string> index_name,
                                     bool consistent);

/// Do filter and projection fit what is read? `forbid_keys`: a Query's filter must not name the
/// keys; `filter_name` is "Filter Expression" or "QueryFilter". ValidationException.
Result<> check_read_expressions(const ReadSource& source, const ReadExpressions& expressions,
                                bool forbid_keys, std::string_view filter_name);

/// The position of an ExclusiveStartKey. ValidationException: not the key attributes, or of wrong
/// types; `mismatch` is what is said then.
Result<std::string> start_position(const ReadSource& source, table::ItemView start_key,
                                   std::string_view mismatch);

}  // namespace dyad::dynamodb
