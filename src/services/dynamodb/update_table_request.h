#pragma once

#include "api/dynamodb/update_table.h"
#include "base/result.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// Everything about an UpdateTable that can be checked before its table is known: does it ask for
/// anything, may what it asks for stand in one request, is it served. ValidationException.
Result<> check_update_request(const model::UpdateTableInput& input);

}  // namespace dyad::dynamodb
