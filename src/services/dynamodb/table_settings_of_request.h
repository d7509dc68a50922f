#pragma once

#include <optional>

#include "api/dynamodb/shapes.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {

// What CreateTable and UpdateTable read alike from their requests.

/// ValidationException: more than DynamoDB can count.
Result<Throughput> provisioned_of(const model::ProvisionedThroughput& given);
std::optional<Throughput> on_demand_of(const std::optional<model::OnDemandThroughput>& given);
std::optional<Throughput> warm_of(const std::optional<model::WarmThroughput>& given,
                                  bool pay_per_request);
/// Sets what the specification says of encryption. ValidationException: its parts contradict each
/// other.
Result<> take_encryption(const model::SSESpecification& given, TableSettings& settings);

}  // namespace dyad::dynamodb
