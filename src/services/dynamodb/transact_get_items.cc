#include <algorithm>
#include <utility>

#include "services/dynamodb/cancellation.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_projection.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "table/key_place.h"
#include "table/read_together.h"

namespace dyad::dynamodb {
namespace {

using expression::Projection;
using table::StoredRow;

/// A transactional read costs twice a strongly consistent one, also of a row that is not there.
constexpr double kTransactionFactor = 2.0;

/// One Get.
struct OneGet {
  const model::Get* asked = nullptr;
  std::optional<Projection> projection;
  table::TableRef table;
  table::PrimaryKey key;
  model::CancellationReason reason;
};
using Gets = std::vector<OneGet>;

Result<Gets> parse_gets(model::TransactGetItemsInput& input) {
  const std::optional<std::vector<std::string>> no_attributes;
  Gets gets;
  gets.reserve(input.transact_items.size());
  for (model::TransactGetItem& item : input.transact_items) {
    OneGet& one = gets.emplace_back();
    one.asked = &item.get;
    DYAD_TRY_ASSIGN(one.projection,
                    parse_item_projection(item.get.projection_expression,
                                          item.get.expression_attribute_names, no_attributes));
  }
  return gets;
}

/// A fault of key or path is the action's: it cancels the transaction.
void place(OneGet& one) {
  auto key = key_of_key(*one.table, one.asked->key.view());
  if (!key) {
    one.reason = validation_reason(std::move(key).error().message);
    return;
  }
  one.key = std::move(*key);
  auto fine = check_projection_keys(one.projection, *one.table);
  if (!fine) one.reason = validation_reason(std::move(fine).error().message);
}

/// No row twice; actions that are cancelled have no key to compare.
Result<> refuse_doubles(const Gets& gets) {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  for (const OneGet& one : gets) {
    if (one.reason.code) continue;
    DYAD_TRY_ASSIGN(std::string key, table::table_key(*one.table, one.key));
    rows.emplace_back(one.table->id.value(), std::move(key));
  }
  std::ranges::sort(rows);
  if (std::ranges::adjacent_find(rows) == rows.end()) return {};
  return fail(item_named_twice());
}

Error cancelled_by(const Gets& gets) {
  std::vector<model::CancellationReason> reasons;
  reasons.reserve(gets.size());
  for (const OneGet& one : gets) reasons.push_back(one.reason);
  return cancelled(std::move(reasons));
}

Task<Result<>> place_all(DynamoDbService& service, const api::RequestContext& context, Gets& gets) {
  for (OneGet& one : gets) {
    DYAD_CO_TRY_ASSIGN(one.table, co_await find_table(service, context, one.asked->table_name));
    place(one);
  }
  auto single = refuse_doubles(gets);
  if (!single) co_return fail(translate(std::move(single).error()));
  const bool cancels =
      std::ranges::any_of(gets, [](const OneGet& one) { return one.reason.code.has_value(); });
  if (cancels) co_return fail(cancelled_by(gets));
  co_return Result<>();
}

Result<model::TransactGetItemsOutput> answer(const Gets& gets,
                                             const std::vector<std::optional<StoredRow>>& rows,
                                             const CapacityReport& capacity) {
  model::TransactGetItemsOutput output;
  protocol::Map<CapacityUse> use;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < gets.size(); ++i) {
    model::ItemResponse& response = output.responses.emplace_back();
    const table::ItemView item = rows[i] ? rows[i]->view().item : table::ItemView();
    const std::uint64_t size = dynamodb_size_bytes(item);
    bytes += size;
    if (bytes > kMaxTransactionItemBytes) return fail(transaction_too_large());
    use[gets[i].table->name].table += kTransactionFactor * read_units(size, true);
    if (item.empty()) continue;
    table::Item asked_for = project(gets[i].projection, item);
    // Where nothing of the item was asked for, it is not told that there is one.
    if (asked_for.view().attributes().size() > 0) response.item = std::move(asked_for);
  }
  if (!capacity.wanted()) return output;
  auto& consumed = output.consumed_capacity.emplace();
  for (const auto& [table, one] : use)
    consumed.push_back(*capacity.report(table, one, CapacityReport::Units::read));
  return output;
}

}  // namespace

Task<Result<model::TransactGetItemsOutput>> transact_get_items(
    DynamoDbService& service, api::RequestContext& context, model::TransactGetItemsInput& input) {
  auto gets = parse_gets(input);
  if (!gets) co_return fail(translate(std::move(gets).error()));
  DYAD_CO_TRY(co_await place_all(service, context, *gets));
  std::vector<table::RowRead> reads;
  reads.reserve(gets->size());
  for (OneGet& one : *gets) reads.push_back({one.table, std::move(one.key)});
  auto rows = co_await table::read_together(service.tables(), std::move(reads), context.deadline);
  if (!rows && rows.error().code == ErrorCode::conflict)
    co_return fail(cancelled_by_conflict(gets->size()));
  if (!rows) co_return fail(translate(std::move(rows).error()));
  co_return answer(*gets, *rows, CapacityReport(input.return_consumed_capacity));
}

}  // namespace dyad::dynamodb
