#pragma once

#include <string>
#include <string_view>

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// Names of tables that this service keeps for itself begin so; no request can name one.
inline constexpr char kInternalTablePrefix = '!';

/// A table's name by its rules, or an ARN, which table_name_of looks into.
bool may_name_table(std::string_view text);

/// The table's name where a request may name it by its ARN. Service errors: ValidationException for
/// an ARN of another form, ResourceNotFoundException for one of another region or account.
Result<std::string> table_name_of(const api::RequestContext& context,
                                  const std::string& name_or_arn);

/// ResourceNotFoundException as operations on items word it.
Task<Result<table::TableRef>> find_table(DynamoDbService& service,
                                         const api::RequestContext& context,
                                         std::string name_or_arn);

/// "arn:aws:dynamodb:us-east-1:000000000000:table/Music".
std::string table_arn(const api::RequestContext& context, std::string_view table);

}  // namespace dyad::dynamodb
