#include "services/dynamodb/table_description.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "services/dynamodb/named_table.h"

namespace dyad::dynamodb {
namespace {

using table::IndexDescriptor;
using table::KeySchema;
using table::TableDescriptor;

/// A uuid that is the same for one table always and for two tables never.
std::string table_uuid(const api::RequestContext& context, const TableDescriptor& table) {
  std::string seed = "table ";
  seed.append(context.account_id).append(" ").append(context.region).append(" ");
  append_le64(seed, table.id.value());
  append_le64(seed, static_cast<std::uint64_t>(table.created_ms));
  const auto digest = crypto::sha256(seed);
  std::string hex = to_hex(crypto::as_view(digest).substr(0, 16));
  hex[12] = '4';  // Version and variant of a random uuid.
  hex[16] = "89ab"[static_cast<unsigned char>(digest[8]) & 3];
  for (const std::size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
  return hex;
}

std::vector<model::KeySchemaElement> elements_of(const KeySchema& keys) {
  std::vector<model::KeySchemaElement> elements(1);
  elements[0].attribute_name = keys.hash.name;
  elements[0].key_type = "HASH";
  if (keys.range) {
    auto& range = elements.emplace_back();
    range.attribute_name = keys.range->name;
    range.key_type = "RANGE";
  }
  return elements;
}

}  // namespace

/// In the order in which they were defined, where that is known.
std::vector<model::AttributeDefinition> definitions_of(const TableDescriptor& table,
                                                       const TableSettings& settings) {
  std::vector<model::AttributeDefinition> definitions;
  const auto add = [&](const table::KeyAttribute& attribute) {
    if (std::ranges::find(definitions, attribute.name,
                          &model::AttributeDefinition::attribute_name) != definitions.end())
      return;
    auto& definition = definitions.emplace_back();
    definition.attribute_name = attribute.name;
    definition.attribute_type = table::type_name(attribute.type);
  };
  const auto add_keys = [&](const KeySchema& keys) {
    add(keys.hash);
    if (keys.range) add(*keys.range);
  };
  add_keys(table.keys);
  for (const IndexDescriptor& index : table.indexes) add_keys(index.keys);
  const auto place = [&](const model::AttributeDefinition& definition) {
    return std::ranges::find(settings.attribute_order, definition.attribute_name) -
           settings.attribute_order.begin();
  };
  std::ranges::stable_sort(definitions, {}, place);
  return definitions;
}

namespace {

constexpr std::int64_t kDayMs = 86'400'000;

model::Projection projection_of(const table::Projection& projection) {
  model::Projection made;
  switch (projection.kind) {
    case table::Projection::Kind::all:
      made.projection_type = "ALL";
      break;
    case table::Projection::Kind::keys_only:
      made.projection_type = "KEYS_ONLY";
      break;
    case table::Projection::Kind::include:
      made.projection_type = "INCLUDE";
      made.non_key_attributes = projection.include;
      break;
  }
  return made;
}

model::ProvisionedThroughputDescription throughput_of(const Throughput& provisioned) {
  model::ProvisionedThroughputDescription made;
  made.number_of_decreases_today = 0;
  made.read_capacity_units = provisioned.read;
  made.write_capacity_units = provisioned.write;
  return made;
}

std::optional<model::OnDemandThroughput> on_demand_of(const std::optional<Throughput>& limits) {
  if (!limits) return std::nullopt;
  model::OnDemandThroughput made;
  made.max_read_request_units = limits->read;
  made.max_write_request_units = limits->write;
  return made;
}

template <class Description>
Description warm_of(const std::optional<Throughput>& warm, const Throughput& provisioned,
                    bool pay_per_request) {
  const Throughput told = told_warm(warm, provisioned, pay_per_request);
  Description made;
  made.read_units_per_second = told.read;
  made.write_units_per_second = told.write;
  made.status = "ACTIVE";
  return made;
}

void describe_indexes(const TableDescriptor& table, const TableSettings& settings,
                      const std::string& arn, const std::string& status,
                      model::TableDescription& out) {
  for (const IndexDescriptor& index : table.indexes) {
    const auto common = [&](auto& made) {
      made.index_name = index.name;
      made.key_schema = elements_of(index.keys);
      made.projection = projection_of(index.projection);
      made.index_size_bytes = 0;
      made.item_count = 0;
      made.index_arn = arn + "/index/" + index.name;
    };
    if (index.kind == IndexDescriptor::Kind::local) {
      if (!out.local_secondary_indexes) out.local_secondary_indexes.emplace();
      common(out.local_secondary_indexes->emplace_back());
      continue;
    }
    if (!out.global_secondary_indexes) out.global_secondary_indexes.emplace();
    auto& made = out.global_secondary_indexes->emplace_back();
    common(made);
    made.index_status = status;
    if (status == "ACTIVE" && index.building()) {
      made.index_status = "CREATING";
      made.backfilling = index.state == IndexDescriptor::State::backfilling;
    }
    const TableSettings::Index none;
    const TableSettings::Index* found = settings.find_index(index.name);
    const TableSettings::Index& own = found != nullptr ? *found : none;
    made.provisioned_throughput = throughput_of(own.provisioned);
    made.on_demand_throughput = on_demand_of(own.on_demand);
    made.warm_throughput = warm_of<model::GlobalSecondaryIndexWarmThroughputDescription>(
        own.warm, own.provisioned, settings.pay_per_request);
  }
}

void describe_encryption(const api::RequestContext& context, const TableSettings& settings,
                         model::TableDescription& out) {
  if (!settings.encrypted_by_key) return;
  auto& made = out.sse_description.emplace();
  made.status = "ENABLED";
  made.sse_type = "KMS";
  const std::string key =
      settings.encryption_key.empty() ? "alias/aws/dynamodb" : settings.encryption_key;
  if (key.starts_with("arn:")) {
    made.kms_master_key_arn = key;
    return;
  }
  std::string arn = "arn:aws:kms:";
  arn.append(context.region).append(":").append(context.account_id).append(":");
  made.kms_master_key_arn = arn + (key.starts_with("alias/") ? key : "key/" + key);
}

}  // namespace

Result<model::TableDescription> describe(const api::RequestContext& context,
                                         const TableDescriptor& table, const std::string& status) {
  // The properties of other services' tables are not ours to read.
  const bool own = table.codec == table::RowCodecKind::item;
  DYAD_TRY_ASSIGN(const TableSettings settings,
                  decode_settings(own ? std::string_view(table.properties) : std::string_view()));
  const std::string arn = table_arn(context, table.name);
  model::TableDescription out;
  out.attribute_definitions = definitions_of(table, settings);
  out.table_name = table.name;
  out.key_schema = elements_of(table.keys);
  out.table_status = status;
  const bool allocating = std::ranges::any_of(table.indexes, [](const IndexDescriptor& index) {
    return index.state == IndexDescriptor::State::allocating;
  });
  if (status == "ACTIVE" && allocating) out.table_status = "UPDATING";
  out.creation_date_time = protocol::UtcMs{table.created_ms};
  out.provisioned_throughput = throughput_of(settings.provisioned);
  if (settings.raised_ms != 0)
    out.provisioned_throughput->last_increase_date_time = protocol::UtcMs{settings.raised_ms};
  if (settings.lowered_ms != 0) {
    out.provisioned_throughput->last_decrease_date_time = protocol::UtcMs{settings.lowered_ms};
    if (context.clock->wall_ms() / kDayMs == settings.lowered_ms / kDayMs)
      out.provisioned_throughput->number_of_decreases_today =
          static_cast<std::int64_t>(settings.lowered_times);
  }
  out.table_size_bytes = 0;
  out.item_count = 0;
  out.table_arn = arn;
  out.table_id = table_uuid(context, table);
  const std::int64_t on_demand_since_ms =
      settings.on_demand_since_ms != 0 ? settings.on_demand_since_ms : table.created_ms;
  // A table that was always provisioned does not say so.
  if (settings.pay_per_request || settings.on_demand_since_ms != 0) {
    auto& billing = out.billing_mode_summary.emplace();
    billing.billing_mode = settings.pay_per_request ? "PAY_PER_REQUEST" : "PROVISIONED";
    if (status == "ACTIVE")
      billing.last_update_to_pay_per_request_date_time = protocol::UtcMs{on_demand_since_ms};
  }
  describe_indexes(table, settings, arn, status, out);
  describe_encryption(context, settings, out);
  if (!settings.table_class.empty()) {
    auto& table_class = out.table_class_summary.emplace();
    table_class.table_class = settings.table_class;
    if (settings.class_changed_ms != 0)
      table_class.last_update_date_time = protocol::UtcMs{settings.class_changed_ms};
  }
  out.deletion_protection_enabled = settings.deletion_protection;
  out.on_demand_throughput = on_demand_of(settings.on_demand);
  out.warm_throughput = warm_of<model::TableWarmThroughputDescription>(
      settings.warm, settings.provisioned, settings.pay_per_request);
  return out;
}

}  // namespace dyad::dynamodb
