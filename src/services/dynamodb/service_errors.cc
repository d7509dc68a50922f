#include "services/dynamodb/service_errors.h"

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/attribute_value_json.h"

namespace dyad::dynamodb {

namespace errors = api::dynamodb::errors;

Error validation(std::string message) {
  return protocol::service_error(errors::kValidationException, std::move(message));
}

Error enveloped(std::string message) {
  message.insert(0, kEnvelope);
  return validation(std::move(message));
}

Error in_envelope(Error error) {
  if (protocol::as_service_error(error) != nullptr) return error;
  if (error.code != ErrorCode::invalid_argument) return error;
  return enveloped(std::move(error.message));
}

Error resource_not_found() {
  return protocol::service_error(errors::kResourceNotFoundException);
}

Error table_not_found(std::string_view table) {
  return protocol::service_error(
      errors::kResourceNotFoundException,
      "Requested resource not found: Table: " + std::string(table) + " not found");
}

Error condition_failed(table::ItemView old, bool with_item) {
  Error error = protocol::service_error(errors::kConditionalCheckFailedException);
  if (!with_item || old.empty()) return error;
  std::string members = "\"Item\":";
  append_item(members, old);
  return protocol::with_json_members(std::move(error), std::move(members));
}

Error translate(Error error) {
  if (protocol::as_service_error(error) != nullptr) return error;
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::too_large:
      return validation(std::move(error.message));
    case ErrorCode::not_found:
      return resource_not_found();
    case ErrorCode::conflict:
      return protocol::service_error(errors::kTransactionConflictException, std::string(kConflict));
    default:
      return error;
  }
}

}  // namespace dyad::dynamodb
