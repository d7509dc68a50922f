#include "services/dynamodb/operations.h"
#include "services/dynamodb/read_page.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::Value;
using table::ValueView;

expression::KeyAttributes key_attributes(const table::KeySchema& schema) {
  expression::KeyAttributes keys;
  keys.hash.name = schema.hash.name;
  keys.hash.type = schema.hash.type;
  if (schema.range) {
    auto& range = keys.range.emplace();
    range.name = schema.range->name;
    range.type = schema.range->type;
  }
  return keys;
}

Result<expression::KeyRange> bind_keys(const ReadExpressions& read,
                                       const table::KeySchema& schema) {
  const expression::KeyAttributes keys = key_attributes(schema);
  return read.key_condition ? read.key_condition->bind(keys)
                            : expression::bind_key_terms(read.key_terms, keys);
}

table::RangeCondition range_condition(const table::KeySchema& schema, expression::KeyRange bound) {
  table::RangeCondition range;
  range.lower = std::move(bound.lower);
  range.lower_inclusive = bound.lower_inclusive;
  range.upper = std::move(bound.upper);
  range.upper_inclusive = bound.upper_inclusive;
  if (bound.begins_with) {
    range.begins_with = schema.range->type == table::Type::string
                            ? Value::string(*bound.begins_with)
                            : Value::binary(*bound.begins_with);
  }
  return range;
}

bool in_range(const table::RangeCondition& range, ValueView value) {
  if (range.lower) {
    const int order = *table::compare(value, range.lower->view());
    if (order < 0 || (order == 0 && !range.lower_inclusive)) return false;
  }
  if (range.upper) {
    const int order = *table::compare(value, range.upper->view());
    if (order > 0 || (order == 0 && !range.upper_inclusive)) return false;
  }
  if (!range.begins_with) return true;
  const ValueView prefix = range.begins_with->view();
  return value.type() == table::Type::string ? value.as_string().starts_with(prefix.as_string())
                                             : value.as_binary().starts_with(prefix.as_binary());
}

/// A query goes on inside its own range only.
Result<> check_boundaries(const table::QuerySpec& spec, const table::KeySchema& schema,
                          ItemView start_key) {
  const table::RangeCondition& range = spec.range;
  const bool bounded = range.lower || range.upper || range.begins_with;
  const bool same_hash = table::equal(*start_key.find(schema.hash.name), spec.hash.view());
  if (!bounded) {
    if (same_hash) return {};
    return fail(
        validation("The provided starting key is outside query boundaries based on provided "
                   "conditions"));
  }
  if (!in_range(range, *start_key.find(schema.range->name)))
    return fail(validation("The provided starting key does not match the range key predicate"));
  if (same_hash) return {};
  return fail(validation("The query can return at most one row and cannot be restarted"));
}

Result<table::QuerySpec> make_spec(const model::QueryInput& input, const ReadSource& source,
                                   const ReadExpressions& read) {
  const table::KeySchema& schema = source.keys();
  auto bound = bind_keys(read, schema);
  if (!bound) return fail(translate(std::move(bound).error()));
  table::QuerySpec spec;
  spec.table = source.table;
  spec.index = source.index_name();
  spec.hash = bound->hash;
  spec.range = range_condition(schema, std::move(*bound));
  spec.forward = input.scan_index_forward.value_or(true);
  spec.limits = page_limits(input);
  if (!input.exclusive_start_key) return spec;
  const ItemView start_key = input.exclusive_start_key->view();
  DYAD_TRY_ASSIGN(spec.start,
                  start_position(source, start_key, "The provided starting key is invalid"));
  DYAD_TRY(check_boundaries(spec, schema, start_key));
  return spec;
}

}  // namespace

Task<Result<model::QueryOutput>> query(DynamoDbService& service, api::RequestContext& context,
                                       model::QueryInput& input) {
  DYAD_CO_TRY_ASSIGN(const ReadExpressions read, check_read_request(input));
  const bool consistent = input.consistent_read.value_or(false);
  DYAD_CO_TRY_ASSIGN(
      const ReadSource source,
      co_await find_source(service, context, input.table_name, input.index_name, consistent));
  DYAD_CO_TRY_ASSIGN(table::QuerySpec spec, make_spec(input, source, read));
  DYAD_CO_TRY(check_read_expressions(source, read, true,
                                     input.query_filter ? "QueryFilter" : "Filter Expression"));

  auto rows = co_await service.tables().query(std::move(spec), context.deadline);
  if (!rows) co_return fail(translate(std::move(rows).error()));
  DYAD_CO_TRY_ASSIGN(ReadPage page, co_await answer_page(service, context, source, read,
                                                         std::move(*rows), consistent));
  co_return output_of<model::QueryOutput>(input, source, std::move(page));
}

}  // namespace dyad::dynamodb
