#include "services/dynamodb/capacity.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_projection.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

Task<Result<model::GetItemOutput>> get_item(DynamoDbService& service, api::RequestContext& context,
                                            model::GetItemInput& input) {
  auto projection = parse_item_projection(
      input.projection_expression, input.expression_attribute_names, input.attributes_to_get);
  if (!projection) co_return fail(translate(std::move(projection).error()));
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_table(service, context, input.table_name));
  DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, key_of_key(*table, input.key.view()));
  DYAD_CO_TRY(check_projection_keys(*projection, *table));

  // Every read is consistent here; ConsistentRead only decides what is charged.
  auto row = co_await service.tables().get(table, std::move(key), context.deadline);
  if (!row) co_return fail(translate(std::move(row).error()));
  const table::ItemView item = *row ? (*row)->view().item : table::ItemView();
  model::GetItemOutput output;
  if (!item.empty()) output.item = project(*projection, item);
  const CapacityReport capacity(input.return_consumed_capacity);
  if (capacity.wanted()) {
    CapacityUse use;
    use.table = read_units(dynamodb_size_bytes(item), input.consistent_read.value_or(false));
    output.consumed_capacity = capacity.report(table->name, use);
  }
  co_return output;
}

}  // namespace dyad::dynamodb
