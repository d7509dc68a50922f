#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/dynamodb/update_table.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/table_settings.h"
#include "table/descriptor.h"

namespace dyad::dynamodb {

/// What an UpdateTable makes of its table. The request passed check_update_request.
class TableUpdate {
 public:
  /// `input` outlives it.
  TableUpdate(const model::UpdateTableInput& input, std::int64_t now_ms)
      : input_(input), now_ms_(now_ms) {}

  /// Changes `table`, all or nothing that counts: on an error it is to be thrown away. May be
  /// called again, for another state of the table. Service errors.
  Result<> apply(table::TableDescriptor& table);

  /// The table as the last apply found it.
  const table::TableDescriptor& before() const { return before_; }

 private:
  // table_update.cc
  Result<> check_managed_elsewhere() const;
  Result<> change_billing();
  Result<> change_throughput();
  void go_on_demand();
  Result<> change_on_demand_limits();
  Result<> change_warm_throughput();
  Result<> change_encryption();

  // table_update_indexes.cc
  Result<> check_one_at_a_time() const;
  Result<> change_indexes();
  Result<> add_index(const model::CreateGlobalSecondaryIndexAction& given);
  Result<> update_index(const model::UpdateGlobalSecondaryIndexAction& given);
  Result<> remove_index(const std::string& name);
  Result<> check_all_provisioned() const;
  /// A global index; `verb` is what the request wants to do to it.
  Result<const table::IndexDescriptor*> find_index(const std::string& name,
                                                   std::string_view verb) const;
  /// No index is so new that the throughput cannot change.
  Result<> check_throughput_is_free() const;

  const model::UpdateTableInput& input_;
  const std::int64_t now_ms_;
  table::TableDescriptor before_;
  // While apply runs:
  table::TableDescriptor* table_ = nullptr;
  TableSettings settings_;
  bool was_on_demand_ = false;
};

/// ResourceInUseException: "Attempt to change a resource which is still in use: ...".
Error still_in_use(std::string what);

}  // namespace dyad::dynamodb
