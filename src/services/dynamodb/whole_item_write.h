#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/item_write.h"
#include "services/dynamodb/request_expressions.h"

namespace dyad::dynamodb {

// What PutItem and DeleteItem share: the row's item is replaced as a whole, or goes.

/// What can be checked before the table is known. `Input` is one of both operations'.
/// invalid_argument: DynamoDB's message.
template <class Input>
Result<WriteCondition> check_whole_item_request(Input& input) {
  DYAD_TRY(check_styles({{"ConditionExpression", input.condition_expression.has_value()}},
                        {{"Expected", input.expected.has_value()},
                         {"ConditionalOperator", input.conditional_operator.has_value()}},
                        {.names = input.expression_attribute_names.has_value(),
                         .values = input.expression_attribute_values.has_value()}));
  DYAD_TRY(check_return_values(input.return_values));
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(input.expression_attribute_names,
                                                       input.expression_attribute_values));
  DYAD_TRY_ASSIGN(auto condition, parse_write_condition(input, placeholders));
  DYAD_TRY(placeholders.check_all_used());
  return condition;
}

/// Puts an item in the place of what is there, or erases the row.
class WholeItemWrite final : public ItemWrite {
 public:
  /// `item`: null to erase. All references outlive this.
  WholeItemWrite(const table::TableDescriptor& table, const WriteCondition& condition,
                 const table::Item* item, const CapacityReport& capacity, bool keeps_old)
      : table_(table),
        condition_(condition),
        item_(item),
        counts_(capacity.wanted()),
        keeps_old_(keeps_old) {}

  Result<table::Decision> decide(const table::RowView& old) override {
    old_ = table::Item();
    DYAD_TRY(condition_.check(old.item));
    if (keeps_old_) old_ = table::Item(std::string(old.item.encoded()));
    const table::ItemView made = item_ != nullptr ? item_->view() : table::ItemView();
    if (counts_) use_ = write_units(table_, old.item, made);
    if (item_ == nullptr) return table::Decision::erase();
    return table::Decision::put(table::NewRow{*item_, {}});
  }

  /// Of the last decide. Empty: there was none, or it was not to be kept.
  table::Item& old() { return old_; }
  const CapacityUse& use() const { return use_; }

 private:
  const table::TableDescriptor& table_;
  const WriteCondition& condition_;
  const table::Item* const item_;
  const bool counts_;
  const bool keeps_old_;
  table::Item old_;
  CapacityUse use_;
};

/// Writes and answers. `given`: the item of a put, else the key of what is to go.
template <class Output, class Input>
Task<Result<Output>> write_whole_item(DynamoDbService& service, const api::RequestContext& context,
                                      const Input& input, const WriteCondition& condition,
                                      table::TableRef table, table::PrimaryKey key,
                                      const table::Item& given, bool erase) {
  const CapacityReport capacity(input.return_consumed_capacity);
  WholeItemWrite write(*table, condition, erase ? nullptr : &given, capacity,
                       input.return_values == "ALL_OLD");
  DYAD_CO_TRY(co_await write_item(service, context, table, std::move(key), write));
  Output output;
  if (!write.old().encoded().empty()) output.attributes = std::move(write.old());
  output.consumed_capacity = capacity.report(table->name, write.use());
  output.item_collection_metrics = collection_metrics(*table, input.return_item_collection_metrics,
                                                      *given.view().find(table->keys.hash.name));
  co_return output;
}

}  // namespace dyad::dynamodb
