#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "table/item.h"

namespace dyad::dynamodb {

/// What stands before a message of the request's own checks in single-item writes, and before some
/// of Query's: recorded from us-east-1 in October 2026; other regions still answer without it.
inline constexpr std::string_view kEnvelope = "1 validation error detected: ";

/// What a TransactionConflictException says, and the reason of a transaction cancelled for it.
inline constexpr std::string_view kConflict = "Transaction is ongoing for the item";

Error validation(std::string message);
/// The same in the envelope.
Error enveloped(std::string message);
/// Puts the envelope around a message of the floors below; any other error stays as it is.
Error in_envelope(Error error);

/// "Requested resource not found", as operations on items say it.
Error resource_not_found();
/// As operations on tables say it.
Error table_not_found(std::string_view table);

/// ConditionalCheckFailedException; with the item as it is where it was asked for.
Error condition_failed(table::ItemView old, bool with_item);

/// An error of the floors below in DynamoDB's terms: a broken rule is a ValidationException in the
/// words it came with, a table that is gone a ResourceNotFoundException, a row that others keep
/// writing a TransactionConflictException. Service errors and all others pass as they are.
Error translate(Error error);

}  // namespace dyad::dynamodb
