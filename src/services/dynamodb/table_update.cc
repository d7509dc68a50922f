#include "services/dynamodb/table_update.h"

#include <algorithm>

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_settings_of_request.h"
#include "services/dynamodb/throughput_change.h"

namespace dyad::dynamodb {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::unexpected<Error> invalid(std::string what) {
  return fail(validation("One or more parameter values were invalid: " + std::move(what)));
}

}  // namespace

Error still_in_use(std::string what) {
  return protocol::service_error(
      model::errors::kResourceInUseException,
      "Attempt to change a resource which is still in use: " + std::move(what));
}

Result<> TableUpdate::apply(table::TableDescriptor& table) {
  before_ = table;
  table_ = &table;
  settings_ = TableSettings();
  // The properties of other services' tables are not ours to read or write.
  const bool own = table.codec == table::RowCodecKind::item;
  if (own) {
    DYAD_TRY_ASSIGN(settings_, decode_settings(table.properties));
  } else {
    DYAD_TRY(check_managed_elsewhere());
  }
  was_on_demand_ = settings_.pay_per_request;

  DYAD_TRY(check_one_at_a_time());
  DYAD_TRY(change_billing());
  DYAD_TRY(change_on_demand_limits());
  DYAD_TRY(change_warm_throughput());
  DYAD_TRY(change_indexes());
  DYAD_TRY(change_encryption());
  if (input_.deletion_protection_enabled)
    settings_.deletion_protection = *input_.deletion_protection_enabled;
  if (input_.table_class) {
    settings_.table_class = *input_.table_class;
    settings_.class_changed_ms = now_ms_;
  }
  // One that is to be enabled was refused before.
  if (input_.stream_specification)
    return fail(validation("Table has no stream to disable: TableName: " + table.name));
  if (own) table.properties = encode_settings(settings_);
  return {};
}

/// Indexes may come and go; the rest is its owner's.
Result<> TableUpdate::check_managed_elsewhere() const {
  const auto& updates = input_.global_secondary_index_updates;
  const bool more = input_.billing_mode || input_.provisioned_throughput ||
                    input_.stream_specification || input_.sse_specification || input_.table_class ||
                    input_.deletion_protection_enabled || input_.on_demand_throughput ||
                    input_.warm_throughput;
  const bool updates_index =
      updates && std::ranges::any_of(*updates, [](const auto& one) { return !!one.update; });
  if (updates && !more && !updates_index) return {};
  return invalid("The table " + table_->name +
                 " is managed by another service; only global secondary indexes can be created "
                 "and deleted here");
}

Result<> TableUpdate::change_billing() {
  if (input_.billing_mode == "PAY_PER_REQUEST") {
    if (was_on_demand_) return {};
    DYAD_TRY(check_throughput_is_free());
    go_on_demand();
    return {};
  }
  if (!input_.provisioned_throughput) return {};
  if (was_on_demand_ && !input_.billing_mode)
    return invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  return change_throughput();
}

void TableUpdate::go_on_demand() {
  settings_.pay_per_request = true;
  settings_.on_demand_since_ms = now_ms_;
  keep_warm_on_demand(settings_.warm, settings_.provisioned);
  settings_.provisioned = {};
  settings_.on_demand.reset();
  for (TableSettings::Index& index : settings_.indexes) {
    keep_warm_on_demand(index.warm, index.provisioned);
    index.provisioned = {};
    index.on_demand.reset();
  }
}

Result<> TableUpdate::change_throughput() {
  const Throughput former = settings_.provisioned;
  DYAD_TRY_ASSIGN(const Throughput next, provisioned_of(*input_.provisioned_throughput));
  if (!was_on_demand_ && same(former, next)) return fail(will_not_change("table", former));
  DYAD_TRY(check_throughput_is_free());
  const bool on_demand = std::exchange(settings_.pay_per_request, false);
  keep_warm(settings_.warm, former, next, on_demand);
  settings_.provisioned = next;
  if (on_demand) {
    // It remembers when it was on demand; a table that was so from the first has not said it yet.
    if (settings_.on_demand_since_ms == 0) settings_.on_demand_since_ms = table_->created_ms;
    settings_.on_demand.reset();
    for (TableSettings::Index& index : settings_.indexes) index.on_demand.reset();
    return {};
  }
  if (next.read > former.read || next.write > former.write) settings_.raised_ms = now_ms_;
  if (next.read < former.read || next.write < former.write) {
    if (settings_.lowered_ms / kDayMs != now_ms_ / kDayMs) settings_.lowered_times = 0;
    ++settings_.lowered_times;
    settings_.lowered_ms = now_ms_;
  }
  return {};
}

Result<> TableUpdate::change_on_demand_limits() {
  if (!input_.on_demand_throughput) return {};
  DYAD_TRY(check_throughput_is_free());
  return change_limits(settings_.on_demand, *input_.on_demand_throughput, settings_.pay_per_request,
                       "table");
}

Result<> TableUpdate::change_warm_throughput() {
  if (!input_.warm_throughput) return {};
  return raise_warm(settings_.warm, *input_.warm_throughput, settings_.provisioned,
                    settings_.pay_per_request, "table");
}

Result<> TableUpdate::change_encryption() {
  if (!input_.sse_specification) return {};
  TableSettings next;
  DYAD_TRY(take_encryption(*input_.sse_specification, next));
  if (!next.encrypted_by_key && !settings_.encrypted_by_key)
    return invalid("Table is already encrypted by default");
  if (next.encrypted_by_key && settings_.encrypted_by_key &&
      next.encryption_key == settings_.encryption_key)
    return invalid(
        "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you "
        "want to change Master Key");
  settings_.encrypted_by_key = next.encrypted_by_key;
  settings_.encryption_key = std::move(next.encryption_key);
  return {};
}

}  // namespace dyad::dynamodb
