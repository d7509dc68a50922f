#include "services/dynamodb/update_table_request.h"

#include <algorithm>
#include <set>

#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_settings_of_request.h"

namespace dyad::dynamodb {
namespace {

using Input = model::UpdateTableInput;

std::unexpected<Error> invalid(std::string what) {
  return fail(validation("One or more parameter values were invalid: " + std::move(what)));
}

template <class List>
bool has_any(const std::optional<List>& list) {
  return list && !list->empty();
}

/// Attribute definitions, and what belongs to replicas, ask for nothing by themselves.
Result<> check_asks_for_something(const Input& input) {
  const bool asks = input.provisioned_throughput || input.billing_mode ||
                    input.stream_specification || has_any(input.global_secondary_index_updates) ||
                    input.sse_specification || has_any(input.replica_updates) ||
                    input.deletion_protection_enabled || input.on_demand_throughput ||
                    input.warm_throughput || input.table_class ||
                    input.global_table_settings_replication_mode ||
                    input.disassociation_protection_enabled || has_any(input.vector_index_updates);
  if (asks) return {};
  // The service leaves out of its list what the request had.
  return fail(validation(
      std::string("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                  "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, "
                  "MultiAccountReplicaReady, ReplicaTransitRoleArn, ") +
      (input.multi_region_consistency ? "" : "MultiRegionConsistency, ") +
      "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"));
}

/// What Dyad does not do is refused, so that nobody counts on it.
Result<> check_served(const Input& input) {
  if (has_any(input.replica_updates) || input.multi_region_consistency ||
      has_any(input.global_table_witness_updates) || input.global_table_settings_replication_mode)
    return invalid("Global tables are not supported by this server");
  if (has_any(input.vector_index_updates))
    return invalid("VectorIndexUpdates: vector indexes are not supported by this server");
  if (input.disassociation_protection_enabled.value_or(false))
    return invalid(
        "DisassociationProtectionEnabled: disassociation protection is not supported by this "
        "server");
  const auto& stream = input.stream_specification;
  if (!stream) return {};
  if (stream->stream_enabled && !stream->stream_view_type)
    return invalid("If stream is being enabled then UpdateViewType is required");
  if (!stream->stream_enabled && stream->stream_view_type)
    return invalid("If stream is being disabled, then UpdateViewType must not be specified");
  if (stream->stream_enabled)
    return invalid(
        "StreamSpecification: DynamoDB Streams are not supported by this server; a table's stream "
        "cannot be enabled");
  return {};
}

/// How many of its members ask for a change of their own.
int changes_in(const Input& input) {
  return input.billing_mode.has_value() + input.provisioned_throughput.has_value() +
         input.global_secondary_index_updates.has_value() + input.stream_specification.has_value() +
         input.sse_specification.has_value() + input.table_class.has_value() +
         input.deletion_protection_enabled.has_value() + input.on_demand_throughput.has_value() +
         input.warm_throughput.has_value();
}

bool adds_or_removes_index(const Input& input) {
  if (!input.global_secondary_index_updates) return false;
  return std::ranges::any_of(*input.global_secondary_index_updates, [](const auto& update) {
    return update.create.has_value() || update.delete_.has_value();
  });
}

/// Much of it must come alone.
Result<> check_combination(const Input& input) {
  const int changes = changes_in(input);
  const auto alone = [](std::string_view what) {
    return invalid(std::string(what) + " modification must be the only operation in the request");
  };
  if (input.sse_specification && changes > 1) return alone("Server-Side Encryption");
  if (input.table_class && changes > 1) return alone("TableClass");
  if (input.deletion_protection_enabled && changes > 1) return alone("DeletionProtection");
  const bool index = adds_or_removes_index(input);
  if (input.warm_throughput && index)
    return invalid(
        "Create global secondary index cannot be specified when updating WarmThroughput");
  if (input.warm_throughput && changes > 1)
    return invalid("WarmThroughput must be the only operation in the request");
  if (input.on_demand_throughput && changes > 1 + (input.billing_mode ? 1 : 0))
    return invalid(
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
  if (input.stream_specification && input.provisioned_throughput)
    return invalid("You cannot modify stream status while updating table IOPS");
  if (input.provisioned_throughput && index && !input.billing_mode)
    return invalid("You cannot create or delete index while updating table IOPS");
  if (input.stream_specification && index)
    return invalid("You cannot create or delete index while changing stream status");
  return {};
}

Result<> check_billing(const Input& input) {
  const auto& throughput = input.provisioned_throughput;
  if (throughput) DYAD_TRY(provisioned_of(*throughput));
  if (input.billing_mode == "PAY_PER_REQUEST" && throughput)
    return invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST");
  if (input.billing_mode == "PROVISIONED" && !throughput)
    return invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  return {};
}

Result<> check_index_updates(const std::vector<model::GlobalSecondaryIndexUpdate>& updates) {
  if (updates.empty()) return invalid("List of GlobalSecondaryIndexUpdates is empty");
  std::set<std::string_view> names;
  for (const auto& update : updates) {
    const int actions =
        update.update.has_value() + update.create.has_value() + update.delete_.has_value();
    if (actions == 0)
      return invalid(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not be null");
    if (actions > 1)
      return invalid(
          "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
          "object");
    const std::string& name = update.update   ? update.update->index_name
                              : update.create ? update.create->index_name
                                              : update.delete_->index_name;
    if (!names.insert(name).second)
      return invalid(
          "Only one global secondary index update per index is allowed simultaneously. Index: " +
          name);
  }
  return {};
}

}  // namespace

Result<> check_update_request(const Input& input) {
  DYAD_TRY(check_asks_for_something(input));
  if (input.global_secondary_index_updates)
    DYAD_TRY(check_index_updates(*input.global_secondary_index_updates));
  DYAD_TRY(check_combination(input));
  DYAD_TRY(check_billing(input));
  return check_served(input);
}

}  // namespace dyad::dynamodb
