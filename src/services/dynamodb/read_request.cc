#include "services/dynamodb/read_request.h"

#include <algorithm>

#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/legacy_parameters.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/request_expressions.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using expression::ExpressionKind;
using table::IndexDescriptor;
using table::ItemView;
using table::KeyAttribute;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

/// "ALL_ATTRIBUTES", or "only the Count".
std::string select_text(const std::string& select) {
  return select == "COUNT" ? "only the Count" : select;
}

template <class Input>
Result<Select> check_select(const Input& input) {
  const bool has_projection = input.projection_expression || input.attributes_to_get;
  if (!input.select) {
    if (has_projection) return Select::specific;
    return input.index_name ? Select::projected : Select::all;
  }
  const std::string& select = *input.select;
  if (select == "SPECIFIC_ATTRIBUTES") {
    if (has_projection) return Select::specific;
    return refuse(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
        "SPECIFIC_ATTRIBUTES");
  }
  if (has_projection)
    return refuse(
        "Cannot specify the " +
        std::string(input.projection_expression ? "ProjectionExpression" : "AttributesToGet") +
        " when choosing to get " + select_text(select));
  if (select == "COUNT") return Select::count;
  if (select == "ALL_ATTRIBUTES") return Select::all;
  // A Scan says so too.
  if (!input.index_name)
    return refuse("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  return Select::projected;
}

/// Filter and projection; the key condition has taken its placeholders before.
template <class Input>
Result<> parse_filter_and_projection(const Input& input, expression::Placeholders& placeholders,
                                     ReadExpressions& read) {
  if (input.filter_expression) {
    DYAD_TRY_ASSIGN(read.filter,
                    expression::Condition::parse(*input.filter_expression, ExpressionKind::filter,
                                                 placeholders));
  }
  if (input.projection_expression) {
    DYAD_TRY_ASSIGN(read.projection,
                    expression::Projection::parse(*input.projection_expression, placeholders));
  } else if (input.attributes_to_get) {
    DYAD_TRY(check_attributes_to_get(*input.attributes_to_get));
    read.projection = expression::Projection::of_attributes(*input.attributes_to_get);
  }
  return placeholders.check_all_used();
}

Result<> check_styles_of(const model::QueryInput& input) {
  // KeyConditions may go with the expressions of a filter or projection.
  const bool old_keys = input.key_conditions && input.key_condition_expression;
  return check_styles({{"ProjectionExpression", input.projection_expression.has_value()},
                       {"FilterExpression", input.filter_expression.has_value()},
                       {"KeyConditionExpression", input.key_condition_expression.has_value()}},
                      {{"AttributesToGet", input.attributes_to_get.has_value()},
                       {"QueryFilter", input.query_filter.has_value()},
                       {"ConditionalOperator", input.conditional_operator.has_value()},
                       {"KeyConditions", old_keys}},
                      {.names = input.expression_attribute_names.has_value(),
                       .values = input.expression_attribute_values.has_value(),
                       .explain_values = true});
}

Result<ReadExpressions> parse_query(model::QueryInput& input, Select select) {
  DYAD_TRY(check_styles_of(input));
  ReadExpressions read;
  read.select = select;
  DYAD_TRY_ASSIGN(auto filter, condition_of_filter(input.query_filter, input.conditional_operator));
  if (!input.key_conditions && !input.key_condition_expression)
    return refuse(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(input.expression_attribute_names,
                                                       input.expression_attribute_values));
  if (input.key_condition_expression) {
    DYAD_TRY_ASSIGN(read.key_condition,
                    expression::KeyCondition::parse(*input.key_condition_expression, placeholders));
  }
  DYAD_TRY(parse_filter_and_projection(input, placeholders, read));
  if (filter) read.filter = std::move(filter);
  if (read.key_condition) {
    DYAD_TRY(read.key_condition->check());
  } else {
    DYAD_TRY_ASSIGN(read.key_terms, terms_of_key_conditions(*input.key_conditions));
  }
  return read;
}

Result<> check_segments(const model::ScanInput& input) {
  if (!input.segment && !input.total_segments) return {};
  if (!input.total_segments)
    return refuse(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  if (!input.segment)
    return refuse(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  if (*input.segment >= *input.total_segments)
    return refuse(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: " +
        std::to_string(*input.segment) +
        " is not less than TotalSegments: " + std::to_string(*input.total_segments));
  return {};
}

Result<ReadExpressions> parse_scan(model::ScanInput& input) {
  DYAD_TRY(check_styles({{"ProjectionExpression", input.projection_expression.has_value()},
                         {"FilterExpression", input.filter_expression.has_value()}},
                        {{"AttributesToGet", input.attributes_to_get.has_value()},
                         {"ScanFilter", input.scan_filter.has_value()},
                         {"ConditionalOperator", input.conditional_operator.has_value()}},
                        {.names = input.expression_attribute_names.has_value(),
                         .values = input.expression_attribute_values.has_value(),
                         .explain_values = true}));
  ReadExpressions read;
  DYAD_TRY_ASSIGN(auto filter, condition_of_filter(input.scan_filter, input.conditional_operator));
  DYAD_TRY(check_segments(input));
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(input.expression_attribute_names,
                                                       input.expression_attribute_values));
  DYAD_TRY(parse_filter_and_projection(input, placeholders, read));
  if (filter) read.filter = std::move(filter);
  DYAD_TRY_ASSIGN(read.select, check_select(input));
  return read;
}

bool projects(const ReadSource& source, std::string_view name) {
  const table::Projection& projection = source.index->projection;
  if (projection.kind == table::Projection::Kind::all) return true;
  const auto attributes = source.start_key_attributes();
  if (std::ranges::find(attributes, name, &KeyAttribute::name) != attributes.end()) return true;
  return std::ranges::find(projection.include, name) != projection.include.end();
}

/// A global index answers from its own rows alone.
Result<> check_global_projection(const ReadSource& source, const ReadExpressions& read) {
  if (!source.is_global() || source.index->projection.kind == table::Projection::Kind::all)
    return {};
  if (read.select == Select::all)
    return fail(validation(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
        "for global secondary index " +
        source.index->name + " because its projection type is not ALL"));
  if (!read.projection) return {};
  std::string missing;
  for (const expression::Path& path : read.projection->paths()) {
    if (projects(source, path.front().name)) continue;
    if (!missing.empty()) missing += ", ";
    missing += path.front().name;
  }
  if (missing.empty()) return {};
  return fail(validation("One or more parameter values were invalid: Global secondary index " +
                         source.index->name + " does not project [" + missing + "]"));
}

}  // namespace

Result<ReadExpressions> check_read_request(model::QueryInput& input) {
  const Result<Select> select = check_select(input);
  if (!select) return fail(in_envelope(select.error()));
  auto read = parse_query(input, *select);
  if (!read) return fail(translate(std::move(read).error()));
  return read;
}

Result<ReadExpressions> check_read_request(model::ScanInput& input) {
  auto read = parse_scan(input);
  if (!read) return fail(translate(std::move(read).error()));
  return read;
}

std::vector<KeyAttribute> ReadSource::start_key_attributes() const {
  std::vector<KeyAttribute> attributes;
  const auto add = [&](const table::KeySchema& schema) {
    const auto add_one = [&](const KeyAttribute& attribute) {
      if (std::ranges::find(attributes, attribute) == attributes.end())
        attributes.push_back(attribute);
    };
    add_one(schema.hash);
    if (schema.range) add_one(*schema.range);
  };
  add(table->keys);
  if (index != nullptr) add(index->keys);
  return attributes;
}

Task<Result<ReadSource>> find_source(DynamoDbService& service, const api::RequestContext& context,
                                     std::string table_name, std::optional<std::string> index_name,
                                     bool consistent) {
  ReadSource source;
  DYAD_CO_TRY_ASSIGN(source.table, co_await find_table(service, context, std::move(table_name)));
  if (!index_name) co_return source;
  source.index = source.table->find_index(*index_name);
  if (source.index == nullptr)
    co_return fail(validation("The table does not have the specified index: " + *index_name));
  if (source.index->building())
    co_return fail(
        validation("Cannot read from backfilling global secondary index: " + *index_name));
  if (consistent && source.is_global())
    co_return fail(validation("Consistent reads are not supported on global secondary indexes"));
  co_return source;
}

Result<> check_read_expressions(const ReadSource& source, const ReadExpressions& read,
                                bool forbid_keys, std::string_view filter_name) {
  const std::vector<std::string_view> keys = key_names(source.keys());
  if (read.projection) {
    if (auto fine = read.projection->check_keys(keys); !fine)
      return fail(translate(std::move(fine).error()));
  }
  if (read.filter) {
    auto fine = read.filter->check_keys(keys, forbid_keys);
    if (!fine) {
      Error error = std::move(fine).error();
      constexpr std::string_view kName = "Filter Expression";
      if (error.message.starts_with(kName)) error.message.replace(0, kName.size(), filter_name);
      return fail(translate(std::move(error)));
    }
  }
  return check_global_projection(source, read);
}

Result<std::string> start_position(const ReadSource& source, ItemView start_key,
                                   std::string_view mismatch) {
  const std::vector<KeyAttribute> attributes = source.start_key_attributes();
  bool fits = start_key.attributes().size() == attributes.size();
  for (const KeyAttribute& attribute : attributes) {
    const auto value = start_key.find(attribute.name);
    fits = fits && value && value->type() == attribute.type;
  }
  if (!fits) return fail(validation(std::string(mismatch)));
  auto position = table::position_of(*source.table, source.index_name(), start_key);
  if (!position)
    return fail(validation("The provided starting key is invalid: " + position.error().message));
  return position;
}

}  // namespace dyad::dynamodb
