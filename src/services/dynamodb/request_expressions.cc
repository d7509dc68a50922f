#include "services/dynamodb/request_expressions.h"

#include <algorithm>

#include "api/dynamodb/delete_item.h"
#include "api/dynamodb/put_item.h"
#include "api/dynamodb/update_item.h"
#include "services/dynamodb/legacy_parameters.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

using expression::Placeholders;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

std::string list_given(std::initializer_list<Parameter> parameters) {
  std::string names;
  for (const Parameter& parameter : parameters) {
    if (!parameter.given) continue;
    if (!names.empty()) names += ", ";
    names += parameter.name;
  }
  return names;
}

bool takes_values(const Parameter& expression) {
  return expression.name != "ProjectionExpression";
}

/// ": FilterExpression and KeyConditionExpression are null".
std::string values_remark(std::initializer_list<Parameter> expressions) {
  std::string names;
  int count = 0;
  for (const Parameter& parameter : expressions) {
    if (!takes_values(parameter)) continue;
    if (count++ > 0) names += " and ";
    names += parameter.name;
  }
  return ": " + names + (count > 1 ? " are" : " is") + " null";
}

}  // namespace

Result<> check_styles(std::initializer_list<Parameter> expressions,
                      std::initializer_list<Parameter> others, PlaceholdersGiven given) {
  const bool any_expression = std::ranges::any_of(expressions, &Parameter::given);
  if (any_expression && std::ranges::any_of(others, &Parameter::given)) {
    return refuse(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {" +
        list_given(others) + "} Expression parameters: {" + list_given(expressions) + "}");
  }
  if (given.names && !any_expression)
    return refuse("ExpressionAttributeNames can only be specified when using expressions");
  if (!given.values) return {};
  for (const Parameter& parameter : expressions) {
    if (parameter.given && takes_values(parameter)) return {};
  }
  return refuse("ExpressionAttributeValues can only be specified when using expressions" +
                (given.explain_values ? values_remark(expressions) : std::string()));
}

Result<Placeholders> take_placeholders(ExpressionNames& names, ExpressionValues& values) {
  if (!names && !values) return Placeholders();
  std::optional<Placeholders::Names> given_names;
  std::optional<Placeholders::Values> given_values;
  if (names) {
    given_names.emplace().reserve(names->size());
    for (auto& [key, name] : *names) given_names->emplace_back(key, std::move(name));
  }
  if (values) {
    given_values.emplace().reserve(values->size());
    for (auto& [key, value] : *values) given_values->emplace_back(key, std::move(value));
  }
  return Placeholders::make(std::move(given_names), std::move(given_values));
}

Result<> WriteCondition::check_keys(const std::vector<std::string_view>& keys) const {
  if (!condition_) return {};
  auto fine = condition_->check_keys(keys, false);
  if (!fine) return fail(translate(std::move(fine).error()));
  return {};
}

Result<> WriteCondition::check(table::ItemView old) const {
  if (holds(old)) return {};
  return fail(condition_failed(old, with_item_));
}

Result<WriteCondition> parse_condition(const std::optional<std::string>& text,
                                       const std::optional<std::string>& on_failure,
                                       Placeholders& placeholders) {
  std::optional<expression::Condition> condition;
  if (text) {
    DYAD_TRY_ASSIGN(condition, expression::Condition::parse(
                                   *text, expression::ExpressionKind::condition, placeholders));
  }
  return WriteCondition(std::move(condition), on_failure == "ALL_OLD");
}

template <class Input>
Result<WriteCondition> parse_write_condition(const Input& input, Placeholders& placeholders) {
  if (input.condition_expression) {
    return parse_condition(input.condition_expression,
                           input.return_values_on_condition_check_failure, placeholders);
  }
  DYAD_TRY_ASSIGN(auto condition,
                  condition_of_expected(input.expected, input.conditional_operator));
  return WriteCondition(std::move(condition),
                        input.return_values_on_condition_check_failure == "ALL_OLD");
}

template Result<WriteCondition> parse_write_condition(const model::PutItemInput&, Placeholders&);
template Result<WriteCondition> parse_write_condition(const model::DeleteItemInput&, Placeholders&);
template Result<WriteCondition> parse_write_condition(const model::UpdateItemInput&, Placeholders&);

}  // namespace dyad::dynamodb
