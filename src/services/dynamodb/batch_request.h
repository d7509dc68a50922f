#pragma once

#include <string_view>

#include "api/request_context.h"
#include "base/error.h"
#include "base/result.h"
#include "protocol/shape.h"

namespace dyad::dynamodb {

// What BatchGetItem and BatchWriteItem share.

/// Every key of `requests`, a batch's RequestItems of the shape that the operation gives it, names
/// a table or is an ARN. ValidationException.
Result<> check_table_names(const api::RequestContext& context, const void* requests);

/// Whether a part of a batch that failed so is handed back as unprocessed: the client may send it
/// again as it is. Too much work at once, a row that others keep writing, or no time left.
bool is_worth_another_try(const Error& error);

/// "Provided list of item keys contains duplicates".
Error duplicate_keys();

}  // namespace dyad::dynamodb
