#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_write.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request_expressions.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

/// What can be checked before the table is known.
Result<WriteCondition> check_request(model::PutItemInput& input) {
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

class Put final : public ItemWrite {
 public:
  Put(const model::PutItemInput& input, const WriteCondition& condition,
      const table::TableDescriptor& table)
      : input_(input),
        condition_(condition),
        table_(table),
        keeps_old_(input.return_values == "ALL_OLD"),
        capacity_(input.return_consumed_capacity) {}

  Result<table::Decision> decide(const table::RowView& old) override {
    old_ = table::Item();
    DYAD_TRY(condition_.check(old.item));
    if (keeps_old_) old_ = table::Item(std::string(old.item.encoded()));
    if (capacity_.wanted()) use_ = write_units(table_, old.item, input_.item.view());
    return table::Decision::put(table::NewRow{input_.item, {}});
  }

  model::PutItemOutput output(table::ValueView hash) {
    model::PutItemOutput output;
    if (!old_.encoded().empty()) output.attributes = std::move(old_);
    output.consumed_capacity = capacity_.report(table_.name, use_);
    output.item_collection_metrics =
        collection_metrics(table_, input_.return_item_collection_metrics, hash);
    return output;
  }

 private:
  const model::PutItemInput& input_;
  const WriteCondition& condition_;
  const table::TableDescriptor& table_;
  const bool keeps_old_;
  const CapacityReport capacity_;
  table::Item old_;
  CapacityUse use_;
};

}  // namespace

Task<Result<model::PutItemOutput>> put_item(DynamoDbService& service, api::RequestContext& context,
                                            model::PutItemInput& input) {
  auto condition = check_request(input);
  if (!condition) co_return fail(in_envelope(std::move(condition).error()));
  DYAD_CO_TRY(check_put_size(input.item.view()));
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_table(service, context, input.table_name));
  DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, key_of_item(*table, input.item.view()));
  DYAD_CO_TRY(condition->check_keys(key_names(table->keys)));

  Put put(input, *condition, *table);
  DYAD_CO_TRY(co_await write_item(service, context, table, std::move(key), put));
  co_return put.output(*input.item.view().find(table->keys.hash.name));
}

}  // namespace dyad::dynamodb
