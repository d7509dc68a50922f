#pragma once

#include <string>

#include "api/dynamodb/shapes.h"
#include "api/request_context.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "table/descriptor.h"

namespace dyad::dynamodb {

/// A table as CreateTable, DescribeTable and DeleteTable tell it; `status` is that of the table and
/// its global indexes. ItemCount and sizes are 0: DynamoDB brings them up to date every six hours
/// only, and Dyad keeps no such counts.
Result<model::TableDescription> describe(const api::RequestContext& context,
                                         const table::TableDescriptor& table,
                                         const std::string& status);

}  // namespace dyad::dynamodb
