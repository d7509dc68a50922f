#include "services/dynamodb/batch_request.h"

#include "api/dynamodb/errors.h"
#include "protocol/echo.h"
#include "protocol/service_error.h"
#include "protocol/validation.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

/// What the model demands of a table's name (TableArn with its overlay): the codec knows no
/// constraints of a map's keys.
protocol::Constraints name_constraints() {
  protocol::Constraints rule;
  rule.min = 1;
  rule.max = 255;
  rule.pattern = "[a-zA-Z0-9_.-]+";
  return rule;
}

}  // namespace

Result<> check_table_names(const api::RequestContext& context, const void* requests) {
  const protocol::Member& member = context.operation->input->members.front();
  const protocol::Shape& map = *member.shape;
  bool fine = true;
  map.ops->each(requests, &fine, [](void* all_fine, const std::string& name, const void*) {
    if (!may_name_table(name)) *static_cast<bool*>(all_fine) = false;
  });
  if (fine) return {};
  const std::string where = member.flags & protocol::kUnquoted
                                ? "Value at '" + std::string(member.name) + "'"
                                : "Value '" + protocol::echo(map, requests) + "' at 'requestItems'";
  return fail(enveloped(where +
                        " failed to satisfy constraint: Map keys must satisfy constraint: " +
                        protocol::constraint_list(name_constraints())));
}

bool is_worth_another_try(const Error& error) {
  return error.code == ErrorCode::overloaded || error.code == ErrorCode::deadline_exceeded ||
         error.code == ErrorCode::conflict || error.code == ErrorCode::no_space ||
         protocol::service_code(error) == model::errors::kTransactionConflictException.code;
}

Error duplicate_keys() {
  return validation("Provided list of item keys contains duplicates");
}

}  // namespace dyad::dynamodb
