#include "services/dynamodb/accesses.h"

#include <algorithm>

#include "services/dynamodb/named_table.h"

namespace dyad::dynamodb {
namespace {

/// Once, however many items of a table a request names.
void add(const api::RequestContext& context, std::string_view action, std::string_view table,
         Accesses& out) {
  std::string arn = resource_of_table(context, table);
  const bool known = std::ranges::any_of(out, [&](const auth::Access& access) {
    return access.action == action && access.resource == arn;
  });
  if (!known) out.push_back({std::string(action), std::move(arn)});
}

}  // namespace

std::string resource_of_table(const api::RequestContext& context, std::string_view table) {
  return table.starts_with("arn:") ? std::string(table) : table_arn(context, table);
}

void batch_get_item_accesses(const api::RequestContext& context,
                             const model::BatchGetItemInput& input, Accesses& out) {
  for (const auto& [table, keys] : input.request_items)
    add(context, "dynamodb:BatchGetItem", table, out);
}

void batch_write_item_accesses(const api::RequestContext& context,
                               const model::BatchWriteItemInput& input, Accesses& out) {
  for (const auto& [table, writes] : input.request_items)
    add(context, "dynamodb:BatchWriteItem", table, out);
}

void transact_get_items_accesses(const api::RequestContext& context,
                                 const model::TransactGetItemsInput& input, Accesses& out) {
  for (const model::TransactGetItem& item : input.transact_items)
    add(context, "dynamodb:GetItem", item.get.table_name, out);
}

void transact_write_items_accesses(const api::RequestContext& context,
                                   const model::TransactWriteItemsInput& input, Accesses& out) {
  for (const model::TransactWriteItem& item : input.transact_items) {
    if (item.condition_check)
      add(context, "dynamodb:ConditionCheckItem", item.condition_check->table_name, out);
    if (item.put) add(context, "dynamodb:PutItem", item.put->table_name, out);
    if (item.delete_) add(context, "dynamodb:DeleteItem", item.delete_->table_name, out);
    if (item.update) add(context, "dynamodb:UpdateItem", item.update->table_name, out);
  }
}

}  // namespace dyad::dynamodb
