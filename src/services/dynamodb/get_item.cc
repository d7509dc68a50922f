#include "expression/projection.h"

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/legacy_parameters.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request_expressions.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using expression::Projection;

/// None: the whole item.
Result<std::optional<Projection>> check_request(model::GetItemInput& input) {
  DYAD_TRY(check_styles({{"ProjectionExpression", input.projection_expression.has_value()}},
                        {{"AttributesToGet", input.attributes_to_get.has_value()}},
                        {.names = input.expression_attribute_names.has_value()}));
  if (input.attributes_to_get) {
    DYAD_TRY(check_attributes_to_get(*input.attributes_to_get));
    return Projection::of_attributes(*input.attributes_to_get);
  }
  if (!input.projection_expression) return std::optional<Projection>();
  ExpressionValues no_values;
  DYAD_TRY_ASSIGN(auto placeholders,
                  take_placeholders(input.expression_attribute_names, no_values));
  DYAD_TRY_ASSIGN(auto projection, Projection::parse(*input.projection_expression, placeholders));
  DYAD_TRY(placeholders.check_all_used());
  return std::optional<Projection>(std::move(projection));
}

}  // namespace

Task<Result<model::GetItemOutput>> get_item(DynamoDbService& service, api::RequestContext& context,
                                            model::GetItemInput& input) {
  auto projection = check_request(input);
  if (!projection) co_return fail(translate(std::move(projection).error()));
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_table(service, context, input.table_name));
  DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, key_of_key(*table, input.key.view()));
  if (*projection) {
    if (auto fine = (*projection)->check_keys(key_names(table->keys)); !fine)
      co_return fail(translate(std::move(fine).error()));
  }

  // Every read is consistent here; ConsistentRead only decides what is charged.
  auto row = co_await service.tables().get(table, std::move(key), context.deadline);
  if (!row) co_return fail(translate(std::move(row).error()));
  const table::ItemView item = *row ? (*row)->view().item : table::ItemView();
  model::GetItemOutput output;
  if (!item.empty()) {
    output.item =
        *projection ? (*projection)->apply(item) : table::Item(std::string(item.encoded()));
  }
  const CapacityReport capacity(input.return_consumed_capacity);
  if (capacity.wanted()) {
    CapacityUse use;
    use.table = read_units(dynamodb_size_bytes(item), input.consistent_read.value_or(false));
    output.consumed_capacity = capacity.report(table->name, use);
  }
  co_return output;
}

}  // namespace dyad::dynamodb
