#include "services/dynamodb/transact_action.h"

#include <algorithm>

#include "api/dynamodb/errors.h"
#include "services/dynamodb/cancellation.h"
#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_write.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;

/// How much more a transaction's rows cost than the same writes one by one: each is prepared and
/// committed. What its indexes cost stays the same, as measured on the service in August 2026.
constexpr double kTransactionFactor = 2.0;

Result<> check_one_action(const model::TransactWriteItem& item) {
  const int actions = item.put.has_value() + item.update.has_value() + item.delete_.has_value() +
                      item.condition_check.has_value();
  if (actions == 1) return {};
  if (actions == 0)
    return fail(validation(
        "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"));
  return fail(validation("TransactItems can only contain one of Check, Put, Update or Delete"));
}

template <class Action>
Result<WriteCondition> parse_expressions(Action& action,
                                         std::optional<expression::UpdateExpression>& update) {
  constexpr bool kUpdates = std::is_same_v<Action, model::Update>;
  bool has_condition = true;
  if constexpr (!std::is_same_v<Action, model::ConditionCheck>)
    has_condition = action.condition_expression.has_value();
  DYAD_TRY(check_styles({{"UpdateExpression", kUpdates}, {"ConditionExpression", has_condition}},
                        {},
                        {.names = action.expression_attribute_names.has_value(),
                         .values = action.expression_attribute_values.has_value()}));
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(action.expression_attribute_names,
                                                       action.expression_attribute_values));
  if constexpr (kUpdates) {
    DYAD_TRY_ASSIGN(update,
                    expression::UpdateExpression::parse(action.update_expression, placeholders));
  }
  DYAD_TRY_ASSIGN(auto condition,
                  parse_condition(action.condition_expression,
                                  action.return_values_on_condition_check_failure, placeholders));
  DYAD_TRY(placeholders.check_all_used());
  return condition;
}

}  // namespace

Result<TransactAction> TransactAction::parse(model::TransactWriteItem& item) {
  DYAD_TRY(check_one_action(item));
  TransactAction made;
  const auto take = [&](auto& action, Kind kind, const table::Item& given) -> Result<> {
    made.kind_ = kind;
    made.table_name_ = &action.table_name;
    made.given_ = &given;
    auto condition = parse_expressions(action, made.update_);
    if (!condition) return fail(translate(std::move(condition).error()));
    made.condition_ = std::move(*condition);
    // The size of a Put is known before the transaction begins, and refused with the request; what
    // an Update comes to is not, and cancels.
    return kind == Kind::put ? check_put_size(made.given()) : Result<>();
  };
  if (item.put) DYAD_TRY(take(*item.put, Kind::put, item.put->item));
  if (item.update) DYAD_TRY(take(*item.update, Kind::update, item.update->key));
  if (item.delete_) DYAD_TRY(take(*item.delete_, Kind::erase, item.delete_->key));
  if (item.condition_check)
    DYAD_TRY(take(*item.condition_check, Kind::check, item.condition_check->key));
  return made;
}

Result<> TransactAction::place(table::TableRef table, bool reports_capacity) {
  table_ = std::move(table);
  reports_capacity_ = reports_capacity;
  const Result<> fine = place_row();
  if (fine) return {};
  if (is_empty_key_value(fine.error().message)) return fail(fine.error());
  (void)cancel("ValidationError", fine.error().message);
  return {};
}

Result<> TransactAction::place_row() {
  if (kind_ == Kind::put) {
    DYAD_TRY_ASSIGN(key_, key_of_item(*table_, given()));
  } else {
    DYAD_TRY_ASSIGN(key_, key_of_key(*table_, given()));
  }
  const std::vector<std::string_view> keys = key_names(table_->keys);
  if (update_) DYAD_TRY(update_->check_keys(keys));
  return condition_.check_keys(keys);
}

Result<table::Decision> TransactAction::cancel(std::string_view code, std::string message) {
  reason_.code = std::string(code);
  reason_.message = std::move(message);
  return fail(cancellation());
}

Result<table::Decision> TransactAction::decide(const table::RowView& old) {
  reason_ = model::CancellationReason();
  if (!condition_.holds(old.item)) {
    if (condition_.with_item() && !old.item.empty())
      reason_.item = table::Item(std::string(old.item.encoded()));
    return cancel("ConditionalCheckFailed", "The conditional request failed");
  }
  return decide_write(old);
}

Error TransactAction::cancel_by(Error fault) {
  if (kind_ == Kind::update) fault = in_words_of_update(std::move(fault));
  // An empty key value is the request's fault as a whole.
  if (is_empty_key_value(fault.message)) return fault;
  return cancel("ValidationError", std::move(fault.message)).error();
}

Result<table::Item> TransactAction::make_item(ItemView old) const {
  if (kind_ == Kind::put) return *given_;
  return update_->apply(old, given());
}

Result<table::Decision> TransactAction::decide_write(const table::RowView& old) {
  table::Decision decision;  // A check keeps what is there.
  ItemView after = old.item;
  if (kind_ == Kind::erase) {
    decision = table::Decision::erase();
    after = ItemView();
  } else if (kind_ != Kind::check) {
    auto made = make_item(old.item);
    if (!made) return cancel("ValidationError", std::move(made).error().message);
    decision = table::Decision::put(table::NewRow{std::move(*made), {}});
    after = decision.row.item.view();
    const Result<> fits = check_index_keys(*table_, old.item, after, kind_ == Kind::update);
    if (!fits) return fail(cancel_by(fits.error()));
  }
  const std::size_t old_bytes = dynamodb_size_bytes(old.item);
  item_bytes_ = after.empty() ? old_bytes : dynamodb_size_bytes(after);
  image_bytes_ = std::max(old_bytes, item_bytes_);
  if (reports_capacity_) {
    use_ = write_units(*table_, old.item, after);
    use_.table *= kTransactionFactor;
  }
  return decision;
}

Error cancellation() {
  return protocol::service_error(model::errors::kTransactionCanceledException);
}

Error cancelled(const std::vector<TransactAction>& actions) {
  std::vector<model::CancellationReason> reasons;
  reasons.reserve(actions.size());
  for (const TransactAction& action : actions) reasons.push_back(action.reason());
  return cancelled(std::move(reasons));
}

}  // namespace dyad::dynamodb
