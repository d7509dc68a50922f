#include <algorithm>

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_description.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {
namespace {

/// Runs with the descriptor held, so that no change of the settings slips in between.
Task<Result<>> check_may_go(store::Transaction&, const table::TableDescriptor& table) {
  if (table.codec != table::RowCodecKind::item)
    co_return fail(validation("One or more parameter values were invalid: The table " + table.name +
                              " is managed by another service and cannot be deleted here"));
  if (std::ranges::any_of(table.indexes, &table::IndexDescriptor::building))
    co_return fail(protocol::service_error(
        model::errors::kResourceInUseException,
        "Attempt to change a resource which is still in use: Cannot delete table while indexes are "
        "being created, updated, or deleted."));
  DYAD_CO_TRY_ASSIGN(const TableSettings settings, decode_settings(table.properties));
  if (settings.deletion_protection)
    co_return fail(validation(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first."));
  co_return Result<>();
}

}  // namespace

Task<Result<model::DeleteTableOutput>> delete_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::DeleteTableInput& input) {
  DYAD_CO_TRY_ASSIGN(const std::string name, table_name_of(context, input.table_name));
  const table::Tables::Permit permit = check_may_go;
  auto table = co_await service.tables().drop(name, permit, context.deadline);
  if (!table) {
    Error error = std::move(table).error();
    if (error.code == ErrorCode::not_found) co_return fail(table_not_found(name));
    co_return fail(translate(std::move(error)));
  }
  model::DeleteTableOutput output;
  DYAD_CO_TRY_ASSIGN(output.table_description, describe(context, **table, "DELETING"));
  // A table on its way out does not tell of these any more.
  output.table_description.attribute_definitions.reset();
  output.table_description.key_schema.reset();
  output.table_description.creation_date_time.reset();
  output.table_description.global_secondary_indexes.reset();
  output.table_description.local_secondary_indexes.reset();
  co_return output;
}

}  // namespace dyad::dynamodb
