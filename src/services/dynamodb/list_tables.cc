#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

constexpr std::int32_t kMaxListedTables = 100;

Task<Result<model::ListTablesOutput>> list_tables(DynamoDbService& service,
                                                  api::RequestContext& context,
                                                  model::ListTablesInput& input) {
  (void)context;
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kMaxListedTables));
  // Internal tables come first in byte order; nothing that a user can name does.
  std::string after(1, kInternalTablePrefix + 1);
  if (input.exclusive_start_table_name) after = std::max(after, *input.exclusive_start_table_name);
  auto names = co_await service.tables().list({}, std::move(after), limit + 1);
  if (!names) co_return fail(translate(std::move(names).error()));
  model::ListTablesOutput output;
  output.table_names = std::move(*names);
  if (output.table_names.size() > limit) {
    output.table_names.resize(limit);
    output.last_evaluated_table_name = output.table_names.back();
  }
  co_return output;
}

}  // namespace dyad::dynamodb
