#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/dynamodb/transact_write_items.h"
#include "expression/update_expression.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/request_expressions.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// One action of a transaction: Put, Update, Delete or ConditionCheck. Lives where the request's
/// input does, which it points into.
class TransactAction {
 public:
  /// Takes an action's expressions apart. ValidationException: what is wrong with the request, or a
  /// Put's item that is too large.
  static Result<TransactAction> parse(model::TransactWriteItem& item);

  const std::string& table_name() const { return *table_name_; }

  /// Once the table is found: works out which row it is. ValidationException: an empty key value.
  /// Any other fault of key or item becomes the reason for which the transaction is cancelled.
  Result<> place(table::TableRef table, bool reports_capacity);
  const table::TableRef& table() const { return table_; }
  /// Of a placed action without a reason.
  const table::PrimaryKey& key() const { return key_; }
  /// The primary key's attributes, and of a Put the whole item.
  table::ItemView given() const { return given_->view(); }

  /// As RowWrite::decide: may run again. TransactionCanceledException: see reason().
  Result<table::Decision> decide(const table::RowView& old);

  /// As RowWrite::explain: a fault of the item that decide did not see is this action's reason,
  /// too.
  Error cancel_by(Error fault);

  /// Why the transaction is cancelled; without a code where this action would have passed.
  const model::CancellationReason& reason() const { return reason_; }
  bool is_cancelled() const { return reason_.code.has_value(); }
  /// Of the last decide; rows of tables cost double in a transaction.
  const CapacityUse& use() const { return use_; }
  /// DynamoDB's size of the item that the last decide left or looked at.
  std::size_t item_bytes() const { return item_bytes_; }
  /// The size of the larger one of the items before and after the last decide.
  std::size_t image_bytes() const { return image_bytes_; }

 private:
  enum class Kind : std::uint8_t { put, update, erase, check };

  Result<> place_row();
  Result<table::Decision> cancel(std::string_view code, std::string message);
  Result<table::Decision> decide_write(const table::RowView& old);
  Result<table::Item> make_item(table::ItemView old) const;

  Kind kind_ = Kind::check;
  const std::string* table_name_ = nullptr;
  const table::Item* given_ = nullptr;
  WriteCondition condition_;
  std::optional<expression::UpdateExpression> update_;
  table::TableRef table_;
  table::PrimaryKey key_;
  bool reports_capacity_ = false;

  model::CancellationReason reason_;
  CapacityUse use_;
  std::size_t item_bytes_ = 0;
  std::size_t image_bytes_ = 0;
};

/// The cancellation without its reasons, as decide gives it; see cancelled().
Error cancellation();
/// TransactionCanceledException with the reasons of all actions, "None" for those without one.
Error cancelled(const std::vector<TransactAction>& actions);

}  // namespace dyad::dynamodb
