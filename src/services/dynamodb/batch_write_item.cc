#include <algorithm>
#include <utility>

#include "runtime/all_of.h"
#include "services/dynamodb/batch_request.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/whole_item_write.h"
#include "table/key_place.h"

namespace dyad::dynamodb {
namespace {

constexpr std::size_t kMaxWrites = 25;

/// One PutRequest or DeleteRequest.
struct OneWrite {
  const std::string* given_name = nullptr;  ///< As the request names the table.
  model::WriteRequest* asked = nullptr;
  table::TableRef table;
  table::PrimaryKey key;
  std::optional<WholeItemWrite> write;

  const table::Item& given() const {
    return asked->put_request ? asked->put_request->item : asked->delete_request->key;
  }
};
using Writes = std::vector<OneWrite>;

/// What can be checked before the tables are known.
Result<Writes> check_request(model::BatchWriteItemInput& input) {
  if (input.request_items.empty())
    return fail(validation("The requestItems parameter is required for BatchWriteItem"));
  Writes writes;
  for (auto& [name, requests] : input.request_items) {
    for (model::WriteRequest& request : requests) {
      // The service takes the request for a value without a type, or of two.
      if (request.put_request.has_value() == request.delete_request.has_value())
        return fail(validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes"));
      if (request.put_request) DYAD_TRY(check_put_size(request.put_request->item.view()));
      OneWrite& one = writes.emplace_back();
      one.given_name = &name;
      one.asked = &request;
    }
  }
  if (writes.size() > kMaxWrites)
    return fail(validation("Too many items requested for the BatchWriteItem call"));
  return writes;
}

/// Of a put, as of a delete, it says only that keys do not match.
Result<table::PrimaryKey> key_of(const table::TableDescriptor& table,
                                 const model::WriteRequest& request) {
  if (request.delete_request) return key_of_key(table, request.delete_request->key.view());
  const table::ItemView item = request.put_request->item.view();
  if (!table::key_of(table.keys, item))
    return fail(validation("The provided key element does not match the schema"));
  DYAD_TRY_ASSIGN(table::PrimaryKey key, key_of_item(table, item));
  DYAD_TRY(check_index_keys(table, table::ItemView(), item, false));
  return key;
}

Task<Result<>> find_tables(DynamoDbService& service, const api::RequestContext& context,
                           Writes& writes) {
  const std::string* former = nullptr;
  table::TableRef table;
  for (OneWrite& one : writes) {
    if (one.given_name != former) {
      former = one.given_name;
      DYAD_CO_TRY_ASSIGN(table, co_await find_table(service, context, *former));
    }
    one.table = table;
    DYAD_CO_TRY_ASSIGN(one.key, key_of(*table, *one.asked));
  }
  co_return Result<>();
}

/// No row twice, be it put, deleted or both. A table may go by its name and its ARN.
Result<> refuse_doubles(const Writes& writes) {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  for (const OneWrite& one : writes) {
    DYAD_TRY_ASSIGN(std::string key, table::table_key(*one.table, one.key));
    rows.emplace_back(one.table->id.value(), std::move(key));
  }
  std::ranges::sort(rows);
  if (std::ranges::adjacent_find(rows) == rows.end()) return {};
  return fail(duplicate_keys());
}

/// Each write is a transaction of its own. All of them are under way at once, so that those which
/// the store takes up together share a flush.
Task<std::vector<Result<>>> write_all(DynamoDbService& service, const api::RequestContext& context,
                                      Writes& writes, const CapacityReport& capacity) {
  const WriteCondition no_condition;
  std::vector<Task<Result<>>> tasks;
  tasks.reserve(writes.size());
  for (OneWrite& one : writes) {
    const table::Item* item = one.asked->put_request ? &one.asked->put_request->item : nullptr;
    one.write.emplace(*one.table, no_condition, item, capacity, false);
    tasks.push_back(write_item(service, context, one.table, one.key, *one.write));
  }
  co_return co_await all_of(std::move(tasks));
}

using Metrics = protocol::Map<std::vector<model::ItemCollectionMetrics>>;

/// One entry for each collection that was written to.
std::optional<Metrics> metrics_of(const Writes& writes, const std::vector<Result<>>& outcomes,
                                  const std::optional<std::string>& mode) {
  Metrics metrics;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!outcomes[i]) continue;
    const table::TableDescriptor& table = *writes[i].table;
    auto one = collection_metrics(table, mode, writes[i].key.hash.view());
    if (!one) continue;
    auto& known = metrics[table.name];
    const bool again = std::ranges::any_of(known, [&](const model::ItemCollectionMetrics& other) {
      return other.item_collection_key->encoded() == one->item_collection_key->encoded();
    });
    if (!again) known.push_back(std::move(*one));
  }
  if (metrics.empty()) return std::nullopt;
  return metrics;
}

std::vector<model::ConsumedCapacity> consumed_by(const Writes& writes,
                                                 const std::vector<Result<>>& outcomes,
                                                 const CapacityReport& capacity) {
  protocol::Map<CapacityUse> use;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (outcomes[i]) use[writes[i].table->name].add(writes[i].write->use());
  }
  std::vector<model::ConsumedCapacity> consumed;
  for (const auto& [table, one] : use) consumed.push_back(*capacity.report(table, one));
  return consumed;
}

}  // namespace

Task<Result<model::BatchWriteItemOutput>> batch_write_item(DynamoDbService& service,
                                                           api::RequestContext& context,
                                                           model::BatchWriteItemInput& input) {
  DYAD_CO_TRY(check_table_names(context, &input.request_items));
  DYAD_CO_TRY_ASSIGN(Writes writes, check_request(input));
  DYAD_CO_TRY(co_await find_tables(service, context, writes));
  auto single = refuse_doubles(writes);
  if (!single) co_return fail(translate(std::move(single).error()));

  const CapacityReport capacity(input.return_consumed_capacity);
  std::vector<Result<>> outcomes = co_await write_all(service, context, writes, capacity);
  model::BatchWriteItemOutput output;
  std::size_t left = 0;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (outcomes[i]) continue;
    if (!is_worth_another_try(outcomes[i].error())) co_return fail(std::move(outcomes[i]).error());
    ++left;
  }
  if (left == writes.size()) co_return fail(std::move(outcomes.front()).error());
  if (capacity.wanted()) output.consumed_capacity = consumed_by(writes, outcomes, capacity);
  output.item_collection_metrics =
      metrics_of(writes, outcomes, input.return_item_collection_metrics);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (outcomes[i]) continue;
    output.unprocessed_items[*writes[i].given_name].push_back(std::move(*writes[i].asked));
  }
  co_return output;
}

}  // namespace dyad::dynamodb
