#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/dynamodb/shapes.h"
#include "base/error.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// TransactionCanceledException with the reasons of all actions in their order; one without a code
/// would have passed and is told as "None".
Error cancelled(std::vector<model::CancellationReason> reasons);

/// Why an action cannot be: "ValidationError" with the sentence of the fault.
model::CancellationReason validation_reason(std::string message);

/// TransactionCanceledException of a transaction that others were in the way of. Which of its
/// actions met them is not known, so each gives the reason.
Error cancelled_by_conflict(std::size_t actions);

/// "Transaction request cannot include multiple operations on one item".
Error item_named_twice();
/// The items of a transaction come to more than kMaxTransactionItemBytes.
Error transaction_too_large();

/// Of the items that a transaction reads or leaves, by DynamoDB's count. Source: "Transactions
/// cannot have more than 4 MB of data" in the developer guide.
inline constexpr std::size_t kMaxTransactionItemBytes = std::size_t{4} << 20;

}  // namespace dyad::dynamodb
