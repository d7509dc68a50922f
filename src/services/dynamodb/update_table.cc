#include <algorithm>

#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_description.h"
#include "services/dynamodb/table_update.h"
#include "services/dynamodb/update_table_request.h"

namespace dyad::dynamodb {
namespace {

using Indexes = std::vector<model::GlobalSecondaryIndexDescription>;

constexpr const char* kUpdating = "UPDATING";

model::GlobalSecondaryIndexDescription* find_index(std::optional<Indexes>& indexes,
                                                   const std::string& name) {
  if (!indexes) return nullptr;
  for (auto& index : *indexes)
    if (index.index_name == name) return &index;
  return nullptr;
}

/// A removed index is told once more; so are the attributes that only it used.
void tell_removed(const std::string& name, model::TableDescription& before,
                  model::TableDescription& told) {
  model::GlobalSecondaryIndexDescription* index = find_index(before.global_secondary_indexes, name);
  if (index == nullptr) return;
  index->index_status = "DELETING";
  index->backfilling.reset();
  if (!told.global_secondary_indexes) told.global_secondary_indexes.emplace();
  told.global_secondary_indexes->push_back(*index);
  told.attribute_definitions = before.attribute_definitions;
  told.table_status = kUpdating;
}

/// What changes in steps at Amazon's is told as it was, on its way.
void tell_indexes(const model::UpdateTableInput& input, model::TableDescription& before,
                  model::TableDescription& told) {
  if (!input.global_secondary_index_updates) return;
  for (const auto& update : *input.global_secondary_index_updates) {
    if (update.delete_) tell_removed(update.delete_->index_name, before, told);
    if (!update.update) continue;
    auto* now = find_index(told.global_secondary_indexes, update.update->index_name);
    const auto* former = find_index(before.global_secondary_indexes, update.update->index_name);
    if (now == nullptr || former == nullptr) continue;
    if (now->index_status == "ACTIVE" &&
        (update.update->provisioned_throughput || update.update->on_demand_throughput))
      now->index_status = kUpdating;
    now->provisioned_throughput = former->provisioned_throughput;
    now->warm_throughput = former->warm_throughput;
    if (update.update->warm_throughput && now->warm_throughput)
      now->warm_throughput->status = kUpdating;
  }
}

void tell_table(const model::UpdateTableInput& input, const model::TableDescription& before,
                model::TableDescription& told) {
  const auto mode = [](const model::TableDescription& table) {
    return table.billing_mode_summary ? table.billing_mode_summary->billing_mode : std::nullopt;
  };
  if (input.provisioned_throughput) {
    const auto raised = told.provisioned_throughput->last_increase_date_time;
    const auto lowered = told.provisioned_throughput->last_decrease_date_time;
    told.provisioned_throughput = before.provisioned_throughput;
    told.provisioned_throughput->last_increase_date_time = raised;
    told.provisioned_throughput->last_decrease_date_time = lowered;
    told.warm_throughput = before.warm_throughput;
    told.table_status = kUpdating;
  }
  if (mode(before) != mode(told)) {
    told.table_status = kUpdating;
    if (told.global_secondary_indexes)
      for (auto& index : *told.global_secondary_indexes)
        if (index.index_status == "ACTIVE") index.index_status = kUpdating;
  }
  if (input.table_class) {
    told.table_class_summary = before.table_class_summary;
    told.table_status = kUpdating;
  }
  if (input.warm_throughput) {
    told.warm_throughput = before.warm_throughput;
    if (told.warm_throughput) told.warm_throughput->status = kUpdating;
  }
  if (input.sse_specification) {
    if (!told.sse_description) told.sse_description = before.sse_description;
    if (told.sse_description) told.sse_description->status = kUpdating;
  }
}

}  // namespace

/// All of it has happened when it is answered, but for the rows of an index that is added
/// (table/index_backfill.h). The answer tells it as on its way all the same, as clients expect it.
Task<Result<model::UpdateTableOutput>> update_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::UpdateTableInput& input) {
  DYAD_CO_TRY_ASSIGN(const std::string name, table_name_of(context, input.table_name));
  DYAD_CO_TRY(check_update_request(input));
  TableUpdate update(input, context.clock->wall_ms());
  const auto change = [&update](table::TableDescriptor& table) { return update.apply(table); };
  auto table = co_await service.tables().alter(name, change, context.deadline);
  if (!table) {
    Error error = std::move(table).error();
    if (error.code == ErrorCode::not_found && protocol::as_service_error(error) == nullptr)
      co_return fail(table_not_found(name));
    co_return fail(translate(std::move(error)));
  }
  DYAD_CO_TRY_ASSIGN(model::TableDescription before, describe(context, update.before(), "ACTIVE"));
  model::UpdateTableOutput output;
  DYAD_CO_TRY_ASSIGN(output.table_description, describe(context, **table, "ACTIVE"));
  tell_table(input, before, *output.table_description);
  tell_indexes(input, before, *output.table_description);
  co_return output;
}

}  // namespace dyad::dynamodb
