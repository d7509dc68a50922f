#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace dyad::dynamodb {

/// What PutItem, UpdateItem and DeleteItem check by themselves of what other operations leave to
/// the model: their newer checks have an order and words of their own.
struct SingleWriteParameters {
  const std::string& table;
  const std::optional<std::string>& return_values;
  const std::optional<std::string>& return_consumed_capacity;
  const std::optional<std::string>& return_item_collection_metrics;
  /// UpdateItem stops at bad ReturnValues; the others tell all that is wrong.
  bool is_update = false;
};

/// ValidationException, in its envelope. An empty table name stands alone.
Result<> check_parameters(const SingleWriteParameters& parameters);

template <class Input>
Result<> check_single_write(const Input& input, bool is_update) {
  return check_parameters({input.table_name, input.return_values, input.return_consumed_capacity,
                           input.return_item_collection_metrics, is_update});
}

}  // namespace dyad::dynamodb
