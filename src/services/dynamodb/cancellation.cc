#include "services/dynamodb/cancellation.h"

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/item_json_hooks.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

Error cancelled(std::vector<model::CancellationReason> reasons) {
  std::string codes;
  for (model::CancellationReason& reason : reasons) {
    if (!reason.code) reason.code = "None";
    codes += (codes.empty() ? "" : ", ") + *reason.code;
  }
  model::TransactionCanceledException exception;
  exception.cancellation_reasons = std::move(reasons);
  ItemJsonHooks hooks;
  const protocol::JsonCodec codec(hooks.hooks());
  Error error = protocol::service_error(
      model::errors::kTransactionCanceledException,
      "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes +
          "]");
  return protocol::with_json_members(std::move(error), codec.members(exception));
}

model::CancellationReason validation_reason(std::string message) {
  model::CancellationReason reason;
  reason.code = "ValidationError";
  reason.message = std::move(message);
  return reason;
}

Error cancelled_by_conflict(std::size_t actions) {
  model::CancellationReason reason;
  reason.code = "TransactionConflict";
  reason.message = kConflict;
  return cancelled(std::vector<model::CancellationReason>(actions, reason));
}

Error item_named_twice() {
  return validation("Transaction request cannot include multiple operations on one item");
}

Error transaction_too_large() {
  return validation("Collection size of the items in the transaction exceeds the maximum of 4 MB");
}

}  // namespace dyad::dynamodb
