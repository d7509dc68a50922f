#include <algorithm>

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_description.h"
#include "services/dynamodb/table_schema.h"
#include "services/dynamodb/table_settings_of_request.h"
#include "services/dynamodb/table_update.h"
#include "services/dynamodb/throughput_change.h"

namespace dyad::dynamodb {
namespace {

using table::IndexDescriptor;
using State = IndexDescriptor::State;

std::unexpected<Error> invalid(std::string what) {
  return fail(validation("One or more parameter values were invalid: " + std::move(what)));
}

Error limit_exceeded(std::string what) {
  return protocol::service_error(model::errors::kLimitExceededException,
                                 "Subscriber limit exceeded: " + std::move(what));
}

std::string schema_text(const model::AttributeDefinition& definition, std::string_view role) {
  return "Schema:[SchemaElement: key{" + definition.attribute_name + ":" +
         definition.attribute_type + ":" + std::string(role) + "}]";
}

/// The definitions that an index may use: the request's, and those of the table's own keys.
std::vector<model::AttributeDefinition> merge(
    const std::vector<model::AttributeDefinition>& given,
    const std::vector<model::AttributeDefinition>& present) {
  std::vector<model::AttributeDefinition> all = given;
  for (const auto& definition : present) {
    if (std::ranges::find(given, definition.attribute_name,
                          &model::AttributeDefinition::attribute_name) == given.end())
      all.push_back(definition);
  }
  return all;
}

/// One type for an attribute, in whatever key it is.
Result<> check_not_redefined(const IndexDescriptor& index,
                             const std::vector<model::AttributeDefinition>& present) {
  const auto check = [&](const table::KeyAttribute& attribute, std::string_view role) -> Result<> {
    const auto known =
        std::ranges::find(present, attribute.name, &model::AttributeDefinition::attribute_name);
    if (known == present.end() || known->attribute_type == table::type_name(attribute.type))
      return {};
    model::AttributeDefinition next;
    next.attribute_name = attribute.name;
    next.attribute_type = table::type_name(attribute.type);
    return invalid(
        "Attributes cannot be redefined. Please check that your attribute has the same type as "
        "previously defined. Existing schema: " +
        schema_text(*known, role) + " New schema: " + schema_text(next, role));
  };
  DYAD_TRY(check(index.keys.hash, "HASH"));
  if (!index.keys.range) return {};
  return check(*index.keys.range, "RANGE");
}

std::size_t projected(const table::TableDescriptor& table) {
  std::size_t attributes = 0;
  for (const IndexDescriptor& index : table.indexes) attributes += index.projection.include.size();
  return attributes;
}

}  // namespace

Result<> TableUpdate::check_one_at_a_time() const {
  if (!input_.global_secondary_index_updates) return {};
  std::size_t changes = 0;
  std::string_view name;
  for (const auto& update : *input_.global_secondary_index_updates) {
    if (update.update) continue;
    ++changes;
    name = update.create ? update.create->index_name : update.delete_->index_name;
  }
  const bool other_is_built = std::ranges::any_of(
      table_->indexes,
      [&](const IndexDescriptor& index) { return index.building() && index.name != name; });
  if (changes > 1 || (changes == 1 && other_is_built))
    return fail(
        limit_exceeded("Only 1 online index can be created or deleted simultaneously per table"));
  return {};
}

Result<> TableUpdate::check_throughput_is_free() const {
  std::string names;
  for (const IndexDescriptor& index : table_->indexes) {
    if (index.state != State::allocating) continue;
    names.append(names.empty() ? "" : ", ").append(index.name);
  }
  if (names.empty()) return {};
  if (input_.on_demand_throughput)
    return fail(still_in_use(
        "OnDemandThroughput cannot be updated while index creation is in progress for indexes: [" +
        names + "]"));
  return fail(still_in_use("Can't change table IOPS when an index is being created. Table: " +
                           table_->name + " Indexes: [" + names + "]"));
}

Result<const IndexDescriptor*> TableUpdate::find_index(const std::string& name,
                                                       std::string_view verb) const {
  const IndexDescriptor* index = table_->find_index(name);
  if (index == nullptr)
    return fail(protocol::service_error(
        model::errors::kResourceNotFoundException,
        "Requested resource not found: Index " + name + " for table " + table_->name));
  if (index->kind != IndexDescriptor::Kind::global)
    return fail(validation("Cannot " + std::string(verb) +
                           " an index that is not a GlobalSecondaryIndex: " + name));
  return index;
}

Result<> TableUpdate::change_indexes() {
  if (input_.global_secondary_index_updates) {
    for (const auto& update : *input_.global_secondary_index_updates) {
      if (update.update) DYAD_TRY(update_index(*update.update));
      if (update.delete_) DYAD_TRY(remove_index(update.delete_->index_name));
    }
    for (const auto& update : *input_.global_secondary_index_updates)
      if (update.create) DYAD_TRY(add_index(*update.create));
  }
  return check_all_provisioned();
}

/// A table that leaves on-demand mode takes its indexes along, and nothing is guessed.
Result<> TableUpdate::check_all_provisioned() const {
  if (!was_on_demand_ || settings_.pay_per_request) return {};
  for (const IndexDescriptor& index : table_->indexes) {
    if (index.kind != IndexDescriptor::Kind::global) continue;
    const TableSettings::Index* own = settings_.find_index(index.name);
    if (own == nullptr || own->provisioned.read == 0)
      return invalid("ProvisionedThroughput must be specified for index: " + index.name);
  }
  return {};
}

Result<> TableUpdate::update_index(const model::UpdateGlobalSecondaryIndexAction& given) {
  const std::string& name = given.index_name;
  DYAD_TRY_ASSIGN(const IndexDescriptor* found, find_index(name, "update"));
  if (found->state == State::allocating)
    return fail(still_in_use("Index is being created but is not backfilling yet. Table: " +
                             table_->name + " Index: " + name));
  TableSettings::Index& index = settings_.index(name);
  const bool on_demand = settings_.pay_per_request;
  const std::string of = "index " + name;
  if (on_demand &&
      (given.provisioned_throughput || (!given.on_demand_throughput && !given.warm_throughput))) {
    if (input_.billing_mode && given.provisioned_throughput)
      return invalid(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: " + name +
          " when BillingMode is PAY_PER_REQUEST");
    return invalid("The only Updates for index: " + name +
                   " when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, "
                   "WarmThroughput");
  }
  if (given.provisioned_throughput) {
    DYAD_TRY_ASSIGN(const Throughput next, provisioned_of(*given.provisioned_throughput));
    if (!was_on_demand_ && same(index.provisioned, next))
      return fail(will_not_change(of, index.provisioned));
    keep_warm(index.warm, index.provisioned, next, was_on_demand_);
    index.provisioned = next;
  } else if (!given.on_demand_throughput && !given.warm_throughput) {
    return invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: " +
                   name);
  }
  if (given.on_demand_throughput)
    DYAD_TRY(change_limits(index.on_demand, *given.on_demand_throughput, on_demand, of));
  if (given.warm_throughput)
    DYAD_TRY(raise_warm(index.warm, *given.warm_throughput, index.provisioned, on_demand, of));
  return {};
}

Result<> TableUpdate::remove_index(const std::string& name) {
  DYAD_TRY_ASSIGN(const IndexDescriptor* found, find_index(name, "delete"));
  if (found->state == State::allocating)
    return fail(still_in_use(
        "Index creation is in resource allocation phase. Retry deletion during backfilling phase "
        "or when the index is active. Table: " +
        table_->name + " Index: " + name));
  std::erase_if(table_->indexes, [&](const IndexDescriptor& index) { return index.name == name; });
  std::erase_if(settings_.indexes,
                [&](const TableSettings::Index& index) { return index.name == name; });
  // Attributes that no key uses any more are not defined any more.
  const auto left = definitions_of(*table_, settings_);
  std::erase_if(settings_.attribute_order, [&](const std::string& attribute) {
    return std::ranges::find(left, attribute, &model::AttributeDefinition::attribute_name) ==
           left.end();
  });
  return {};
}

Result<> TableUpdate::add_index(const model::CreateGlobalSecondaryIndexAction& given) {
  const std::string& name = given.index_name;
  if (const IndexDescriptor* present = table_->find_index(name)) {
    if (present->building())
      return fail(
          still_in_use("Index is being created. Table: " + table_->name + " Index: " + name));
    return fail(validation("Attempting to create an index which already exists"));
  }
  if (!input_.attribute_definitions)
    return invalid("AttributeDefinitions is not specified for index: " + name);
  const auto present = definitions_of(*table_, settings_);
  DYAD_TRY_ASSIGN(IndexDescriptor index,
                  added_index_of(given, merge(*input_.attribute_definitions, present)));
  DYAD_TRY(check_not_redefined(index, present));
  const auto globals =
      std::ranges::count(table_->indexes, IndexDescriptor::Kind::global, &IndexDescriptor::kind);
  if (static_cast<std::size_t>(globals) >= kMaxGlobalIndexes)
    return fail(limit_exceeded("Number of global secondary indexes exceeds per-table limit of 20"));
  if (projected(*table_) + index.projection.include.size() > kMaxProjectedAttributes)
    return invalid("Number of NonKeyAttributes exceeds per-table limit of 100");

  const bool on_demand = settings_.pay_per_request;
  if (on_demand && given.provisioned_throughput)
    return invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: " +
                   name + " when BillingMode is PAY_PER_REQUEST");
  if (!on_demand && !given.provisioned_throughput)
    return invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: " +
                   name);
  TableSettings::Index own;
  own.name = name;
  if (given.provisioned_throughput) {
    DYAD_TRY_ASSIGN(own.provisioned, provisioned_of(*given.provisioned_throughput));
  }
  if (given.on_demand_throughput)
    DYAD_TRY(change_limits(own.on_demand, *given.on_demand_throughput, on_demand, "index " + name));
  if (given.warm_throughput)
    DYAD_TRY(
        raise_warm(own.warm, *given.warm_throughput, own.provisioned, on_demand, "index " + name));
  settings_.indexes.push_back(std::move(own));
  for (const table::KeyAttribute* attribute :
       {&index.keys.hash, index.keys.range ? &*index.keys.range : nullptr}) {
    if (attribute != nullptr && std::ranges::find(settings_.attribute_order, attribute->name) ==
                                    settings_.attribute_order.end())
      settings_.attribute_order.push_back(attribute->name);
  }
  table_->indexes.push_back(std::move(index));
  return {};
}

}  // namespace dyad::dynamodb
