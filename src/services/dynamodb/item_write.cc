#include "services/dynamodb/item_write.h"

#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

Task<Result<>> write_item(DynamoDbService& service, const api::RequestContext& context,
                          table::TableRef table, table::PrimaryKey key, ItemWrite& write) {
  std::vector<table::RowWrite> writes(1);
  writes[0].table = std::move(table);
  writes[0].key = std::move(key);
  writes[0].decide = [&write](const table::RowView& old) { return write.decide(old); };
  auto commit = co_await service.tables().write(std::move(writes), context.deadline);
  if (!commit) co_return fail(translate(std::move(commit).error()));
  co_return Result<>();
}

Result<> check_put_size(table::ItemView item) {
  // Nesting was counted while the item was read.
  if (item.encoded().size() <= kSurelySmallBytes) return {};
  auto fine = table::check_item_limits(item);
  if (!fine) return fail(translate(std::move(fine).error()));
  return {};
}

Result<> check_return_values(const std::optional<std::string>& return_values) {
  if (!return_values || *return_values == "NONE" || *return_values == "ALL_OLD") return {};
  return fail(ErrorCode::invalid_argument, "ReturnValues can only be ALL_OLD or NONE");
}

}  // namespace dyad::dynamodb
