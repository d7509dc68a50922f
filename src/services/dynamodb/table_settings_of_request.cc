#include "services/dynamodb/table_settings_of_request.h"

#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_schema.h"

namespace dyad::dynamodb {
namespace {

constexpr std::int64_t kMaxUnits = 1'000'000'000'000;

std::unexpected<Error> invalid(std::string what) {
  return fail(validation("One or more parameter values were invalid: " + std::move(what)));
}

Result<> check_units(std::int64_t units, std::string_view name) {
  if (units <= kMaxUnits) return {};
  return fail(validation("Given value " + std::to_string(units) + " for " + std::string(name) +
                         " is out of bounds"));
}

}  // namespace

Result<Throughput> provisioned_of(const model::ProvisionedThroughput& given) {
  DYAD_TRY(check_units(given.read_capacity_units, "ReadCapacityUnits"));
  DYAD_TRY(check_units(given.write_capacity_units, "WriteCapacityUnits"));
  Throughput made;
  made.read = given.read_capacity_units;
  made.write = given.write_capacity_units;
  return made;
}

std::optional<Throughput> on_demand_of(const std::optional<model::OnDemandThroughput>& given) {
  if (!given) return std::nullopt;
  Throughput made;
  made.read = given->max_read_request_units.value_or(-1);
  made.write = given->max_write_request_units.value_or(-1);
  return made;
}

std::optional<Throughput> warm_of(const std::optional<model::WarmThroughput>& given,
                                  bool pay_per_request) {
  if (!given) return std::nullopt;
  Throughput made;
  made.read = given->read_units_per_second.value_or(pay_per_request ? 12000 : 0);
  made.write = given->write_units_per_second.value_or(pay_per_request ? 4000 : 0);
  return made;
}

namespace {

Result<> check_billing(const model::CreateTableInput& input, bool pay_per_request) {
  if (pay_per_request) {
    if (input.provisioned_throughput)
      return invalid(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST");
    return {};
  }
  if (!input.provisioned_throughput)
    return invalid(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  if (input.on_demand_throughput)
    return invalid("OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST");
  return {};
}

Result<TableSettings::Index> index_settings(const model::GlobalSecondaryIndex& index,
                                            bool pay_per_request) {
  TableSettings::Index made;
  made.name = index.index_name;
  if (pay_per_request && index.provisioned_throughput)
    return invalid("ProvisionedThroughput should not be specified for index: " + index.index_name +
                   " when BillingMode is PAY_PER_REQUEST");
  if (!pay_per_request) {
    if (!index.provisioned_throughput)
      return invalid("ProvisionedThroughput must be specified for index: " + index.index_name);
    DYAD_TRY_ASSIGN(made.provisioned, provisioned_of(*index.provisioned_throughput));
  }
  made.on_demand = on_demand_of(index.on_demand_throughput);
  made.warm = warm_of(index.warm_throughput, pay_per_request);
  return made;
}

/// What Dyad does not do is refused, so that nobody counts on it.
Result<> check_served(const model::CreateTableInput& input) {
  if (const auto& stream = input.stream_specification) {
    if (!stream->stream_enabled && stream->stream_view_type)
      return invalid(
          "Table is being created with a stream disabled, UpdateViewType should not be specified");
    if (stream->stream_enabled && !stream->stream_view_type)
      return invalid(
          "Table is being created with a stream enabled, StreamViewType must be "
          "specified");
    if (stream->stream_enabled)
      return invalid(
          "StreamSpecification: DynamoDB Streams are not supported by this server; "
          "create the table with StreamEnabled false");
  }
  if (input.resource_policy)
    return invalid("ResourcePolicy: resource policies are not supported by this server");
  if (input.global_table_source_arn || input.global_table_settings_replication_mode)
    return invalid("Global tables are not supported by this server");
  if (input.vector_indexes && !input.vector_indexes->empty())
    return invalid("VectorIndexes: vector indexes are not supported by this server");
  return {};
}

}  // namespace

Result<> take_encryption(const model::SSESpecification& given, TableSettings& settings) {
  const bool enabled = given.enabled.value_or(false);
  if (!enabled && given.sse_type)
    return invalid("SSEType can not be specified if Enabled is false");
  if (!enabled && given.kms_master_key_id)
    return invalid("KMSMasterKeyId can not be specified if Enabled is false");
  if (given.sse_type == "AES256") return invalid("SSEType AES256 is not supported");
  if (given.kms_master_key_id && !given.sse_type)
    return invalid("SSEType KMS is required if KMSMasterKeyId is specified");
  settings.encrypted_by_key = enabled;
  settings.encryption_key = given.kms_master_key_id.value_or("");
  return {};
}

Result<TableSettings> settings_of(const model::CreateTableInput& input) {
  TableSettings settings;
  settings.pay_per_request = input.billing_mode == "PAY_PER_REQUEST";
  DYAD_TRY(check_billing(input, settings.pay_per_request));
  if (input.provisioned_throughput) {
    DYAD_TRY_ASSIGN(settings.provisioned, provisioned_of(*input.provisioned_throughput));
  }
  settings.on_demand = on_demand_of(input.on_demand_throughput);
  settings.warm = warm_of(input.warm_throughput, settings.pay_per_request);
  settings.table_class = input.table_class.value_or("");
  settings.deletion_protection = input.deletion_protection_enabled.value_or(false);
  DYAD_TRY(check_served(input));
  if (input.sse_specification) DYAD_TRY(take_encryption(*input.sse_specification, settings));
  if (input.tags) {
    for (const model::Tag& tag : *input.tags) settings.tags.emplace_back(tag.key, tag.value);
  }
  if (input.attribute_definitions) {
    for (const auto& definition : *input.attribute_definitions)
      settings.attribute_order.push_back(definition.attribute_name);
  }
  if (input.global_secondary_indexes) {
    for (const auto& index : *input.global_secondary_indexes) {
      DYAD_TRY_ASSIGN(TableSettings::Index made, index_settings(index, settings.pay_per_request));
      settings.indexes.push_back(std::move(made));
    }
  }
  return settings;
}

}  // namespace dyad::dynamodb
