#pragma once

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// What becomes of one row, and what of it the answer tells. Lives in the handler's frame.
class ItemWrite {
 public:
  virtual ~ItemWrite() = default;
  /// As RowWrite::decide: may run again.
  virtual Result<table::Decision> decide(const table::RowView& old) = 0;
};

/// Writes one row. Service errors, and those of the store.
Task<Result<>> write_item(DynamoDbService& service, const api::RequestContext& context,
                          table::TableRef table, table::PrimaryKey key, ItemWrite& write);

/// The largest item that needs no look at its size: DynamoDB counts at most twice the bytes of the
/// stored encoding.
inline constexpr std::size_t kSurelySmallBytes = table::kMaxItemBytes / 2;
/// The same of an update, of which some bytes are counted for each action, too; an expression has
/// no room for so many that they came to more than the other half.
inline constexpr std::size_t kSurelySmallUpdateBytes = kSurelySmallBytes / 2;
/// ValidationException: the item of a put is too large or nested too deep.
Result<> check_put_size(table::ItemView item);

/// invalid_argument: ReturnValues that only UpdateItem knows.
Result<> check_return_values(const std::optional<std::string>& return_values);

}  // namespace dyad::dynamodb
