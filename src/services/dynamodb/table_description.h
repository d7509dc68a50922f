#pragma once

#include <string>
#include <vector>

#include "api/dynamodb/shapes.h"
#include "api/request_context.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/table_settings.h"
#include "table/descriptor.h"

namespace dyad::dynamodb {

/// A table as the operations on tables tell it. `status` is that of the table and its global
/// indexes; where it is ACTIVE, an index that is being built tells otherwise, and until its
/// building begins so does the table. ItemCount and sizes are 0: DynamoDB brings them up to date
/// every six hours only, and Dyad keeps no such counts.
Result<model::TableDescription> describe(const api::RequestContext& context,
                                         const table::TableDescriptor& table,
                                         const std::string& status);

/// Every key attribute of the table and its indexes, with its type, once.
std::vector<model::AttributeDefinition> definitions_of(const table::TableDescriptor& table,
                                                       const TableSettings& settings);

}  // namespace dyad::dynamodb
