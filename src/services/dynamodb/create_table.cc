#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_tags.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_description.h"
#include "services/dynamodb/table_schema.h"

namespace dyad::dynamodb {
namespace {

/// Names of other services' tables cannot be taken from here.
Result<> check_name(const DynamoDbService& service, const std::string& name) {
  for (const std::string& prefix : service.options().reserved_prefixes) {
    if (!name.starts_with(prefix)) continue;
    return fail(
        validation("One or more parameter values were invalid: Table names that begin with " +
                   prefix + " belong to tables that another service manages: " + name));
  }
  return {};
}

}  // namespace

/// The table may be used at once; the answer says CREATING all the same, as clients expect it, and
/// DescribeTable says ACTIVE from the first.
Task<Result<model::CreateTableOutput>> create_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::CreateTableInput& input) {
  DYAD_CO_TRY_ASSIGN(input.table_name, table_name_of(context, input.table_name));
  DYAD_CO_TRY_ASSIGN(const TableSettings settings, settings_of(input));
  DYAD_CO_TRY_ASSIGN(table::TableSpec spec, schema_of(input));
  DYAD_CO_TRY(check_name(service, spec.name));
  DYAD_CO_TRY(check_tags(settings.tags));
  spec.properties = encode_settings(settings);
  auto table = co_await service.tables().create(std::move(spec), context.deadline);
  if (!table) {
    Error error = std::move(table).error();
    if (error.code == ErrorCode::already_exists)
      co_return fail(protocol::service_error(api::dynamodb::errors::kResourceInUseException,
                                             "Table already exists: " + input.table_name));
    co_return fail(translate(std::move(error)));
  }
  model::CreateTableOutput output;
  DYAD_CO_TRY_ASSIGN(output.table_description, describe(context, **table, "CREATING"));
  co_return output;
}

}  // namespace dyad::dynamodb
