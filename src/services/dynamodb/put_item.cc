#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/single_write_checks.h"
#include "services/dynamodb/whole_item_write.h"

namespace dyad::dynamodb {

Task<Result<model::PutItemOutput>> put_item(DynamoDbService& service, api::RequestContext& context,
                                            model::PutItemInput& input) {
  DYAD_CO_TRY(check_single_write(input, false));
  auto condition = check_whole_item_request(input);
  if (!condition) co_return fail(in_envelope(std::move(condition).error()));
  DYAD_CO_TRY(check_put_size(input.item.view()));
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_table(service, context, input.table_name));
  DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, key_of_item(*table, input.item.view()));
  DYAD_CO_TRY(condition->check_keys(key_names(table->keys)));
  co_return co_await write_whole_item<model::PutItemOutput>(
      service, context, input, *condition, table, std::move(key), input.item, false);
}

}  // namespace dyad::dynamodb
