#pragma once

#include <optional>
#include <string>

#include "api/dynamodb/shapes.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {

// How throughput changes, of a table or of an index: `of` is "table", or "index NAME".

bool same(const Throughput& one, const Throughput& other);

/// "The provisioned throughput for the table will not change. ...".
Error will_not_change(const std::string& of, const Throughput& throughput);

/// Warm throughput does not fall with the provisioned one: `warm` is set where it would.
void keep_warm(std::optional<Throughput>& warm, const Throughput& former, const Throughput& next,
               bool was_on_demand);

/// The same where the table goes on demand.
void keep_warm_on_demand(std::optional<Throughput>& warm, const Throughput& former);

/// Limits on demand: -1 takes one away, what is not given stays. ValidationException: out of range,
/// or not on demand.
Result<> change_limits(std::optional<Throughput>& limits, const model::OnDemandThroughput& given,
                       bool on_demand, const std::string& of);

/// ValidationException: lower than it is.
Result<> raise_warm(std::optional<Throughput>& warm, const model::WarmThroughput& given,
                    const Throughput& provisioned, bool on_demand, const std::string& of);

}  // namespace dyad::dynamodb
