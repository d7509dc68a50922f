#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_description.h"

namespace dyad::dynamodb {

Task<Result<model::DescribeTableOutput>> describe_table(DynamoDbService& service,
                                                        api::RequestContext& context,
                                                        model::DescribeTableInput& input) {
  DYAD_CO_TRY_ASSIGN(const std::string name, table_name_of(context, input.table_name));
  auto table = co_await service.tables().find(name, context.deadline);
  if (!table) {
    Error error = std::move(table).error();
    if (error.code == ErrorCode::not_found) co_return fail(table_not_found(name));
    co_return fail(translate(std::move(error)));
  }
  model::DescribeTableOutput output;
  DYAD_CO_TRY_ASSIGN(output.table, describe(context, **table, "ACTIVE"));
  co_return output;
}

}  // namespace dyad::dynamodb
