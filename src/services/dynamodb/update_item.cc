#include "expression/errors.h"
#include "expression/update_expression.h"

#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/item_write.h"
#include "services/dynamodb/legacy_parameters.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request_expressions.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/single_write_checks.h"

namespace dyad::dynamodb {
namespace {

/// The request's expressions. Without an update the item is only made, if it is not there.
struct Plan {
  std::optional<expression::UpdateExpression> update;
  WriteCondition condition;
};

Result<Plan> check_request(model::UpdateItemInput& input) {
  DYAD_TRY(check_styles({{"UpdateExpression", input.update_expression.has_value()},
                         {"ConditionExpression", input.condition_expression.has_value()}},
                        {{"AttributeUpdates", input.attribute_updates.has_value()},
                         {"Expected", input.expected.has_value()},
                         {"ConditionalOperator", input.conditional_operator.has_value()}},
                        {.names = input.expression_attribute_names.has_value(),
                         .values = input.expression_attribute_values.has_value()}));
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(input.expression_attribute_names,
                                                       input.expression_attribute_values));
  Plan plan;
  if (input.update_expression) {
    DYAD_TRY_ASSIGN(plan.update,
                    expression::UpdateExpression::parse(*input.update_expression, placeholders));
  } else {
    DYAD_TRY_ASSIGN(plan.update, update_of_attribute_updates(input.attribute_updates));
  }
  DYAD_TRY_ASSIGN(plan.condition, parse_write_condition(input, placeholders));
  DYAD_TRY(placeholders.check_all_used());
  return plan;
}

Result<> check_keys(const Plan& plan, const table::TableDescriptor& table) {
  const std::vector<std::string_view> names = key_names(table.keys);
  if (plan.update) {
    if (auto fine = plan.update->check_keys(names); !fine)
      return fail(translate(std::move(fine).error()));
  }
  return plan.condition.check_keys(names);
}

class Update final : public ItemWrite {
 public:
  Update(const model::UpdateItemInput& input, const Plan& plan, const table::TableDescriptor& table)
      : input_(input), plan_(plan), table_(table), capacity_(input.return_consumed_capacity) {}

  Result<table::Decision> decide(const table::RowView& old) override {
    DYAD_TRY(plan_.condition.check(old.item));
    DYAD_TRY_ASSIGN(table::Item made, make(old.item));
    returned_ = pick(old.item, made.view());
    if (capacity_.wanted()) use_ = write_units(table_, old.item, made.view());
    return table::Decision::put(table::NewRow{std::move(made), {}});
  }

  model::UpdateItemOutput output(table::ValueView hash) {
    model::UpdateItemOutput output;
    if (returned_.view().attributes().size() > 0) output.attributes = std::move(returned_);
    output.consumed_capacity = capacity_.report(table_.name, use_);
    output.item_collection_metrics =
        collection_metrics(table_, input_.return_item_collection_metrics, hash);
    return output;
  }

 private:
  Result<table::Item> make(table::ItemView old) const {
    if (!plan_.update) return old.empty() ? input_.key : table::Item(std::string(old.encoded()));
    auto made = plan_.update->apply(old, input_.key.view());
    if (!made) return fail(translate(std::move(made).error()));
    if (made->encoded().size() > kSurelySmallUpdateBytes &&
        plan_.update->record_bytes(made->view()) > table::kMaxItemBytes)
      return fail(validation(std::string(expression::kUpdatedItemTooLarge)));
    return made;
  }

  /// What ReturnValues asks for.
  table::Item pick(table::ItemView old, table::ItemView made) const {
    const std::string_view wanted =
        input_.return_values ? std::string_view(*input_.return_values) : "NONE";
    if (wanted == "ALL_OLD") return table::Item(std::string(old.encoded()));
    if (wanted == "ALL_NEW") return table::Item(std::string(made.encoded()));
    if (plan_.update && wanted == "UPDATED_OLD") return plan_.update->touched(old);
    if (plan_.update && wanted == "UPDATED_NEW") return plan_.update->touched(made);
    return table::Item();
  }

  const model::UpdateItemInput& input_;
  const Plan& plan_;
  const table::TableDescriptor& table_;
  const CapacityReport capacity_;
  table::Item returned_;
  CapacityUse use_;
};

}  // namespace

Task<Result<model::UpdateItemOutput>> update_item(DynamoDbService& service,
                                                  api::RequestContext& context,
                                                  model::UpdateItemInput& input) {
  DYAD_CO_TRY(check_single_write(input, true));
  auto plan = check_request(input);
  if (!plan) co_return fail(in_envelope(std::move(plan).error()));
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_table(service, context, input.table_name));
  DYAD_CO_TRY_ASSIGN(table::PrimaryKey key, key_of_key(*table, input.key.view()));
  DYAD_CO_TRY(check_keys(*plan, *table));

  Update update(input, *plan, *table);
  auto written = co_await write_item(service, context, table, std::move(key), update);
  if (!written) co_return fail(in_words_of_update(std::move(written).error()));
  co_return update.output(*input.key.view().find(table->keys.hash.name));
}

}  // namespace dyad::dynamodb
