#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dynamodb/shapes.h"
#include "base/result.h"
#include "expression/condition.h"
#include "expression/placeholders.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

/// A request parameter and whether it was sent.
struct Parameter {
  std::string_view name;
  bool given;
};

/// Which placeholders were sent.
struct PlaceholdersGiven {
  bool names = false;           ///< ExpressionAttributeNames.
  bool values = false;          ///< ExpressionAttributeValues.
  bool explain_values = false;  ///< Reads say which expression could have used the values.
};

/// Parameters of both kinds in one request (`others` are those from before expressions), or
/// placeholders without an expression. invalid_argument: DynamoDB's message.
Result<> check_styles(std::initializer_list<Parameter> expressions,
                      std::initializer_list<Parameter> others, PlaceholdersGiven given);

using ExpressionNames = std::optional<protocol::Map<std::string>>;
using ExpressionValues = std::optional<protocol::Map<table::Value>>;

/// Takes both parameters over. invalid_argument.
Result<expression::Placeholders> take_placeholders(ExpressionNames& names,
                                                   ExpressionValues& values);

/// A write's condition and what is to be said when it does not hold. Immutable.
class WriteCondition {
 public:
  WriteCondition() = default;
  WriteCondition(std::optional<expression::Condition> condition, bool with_item)
      : condition_(std::move(condition)), with_item_(with_item) {}

  /// No path looks inside a key attribute. ValidationException.
  Result<> check_keys(const std::vector<std::string_view>& keys) const;
  bool holds(table::ItemView old) const { return !condition_ || condition_->evaluate(old); }
  /// ConditionalCheckFailedException where it does not hold.
  Result<> check(table::ItemView old) const;
  bool with_item() const { return with_item_; }

 private:
  std::optional<expression::Condition> condition_;
  bool with_item_ = false;
};

/// Of ConditionExpression and ReturnValuesOnConditionCheckFailure. invalid_argument.
Result<WriteCondition> parse_condition(const std::optional<std::string>& text,
                                       const std::optional<std::string>& on_failure,
                                       expression::Placeholders& placeholders);

/// The same of a single-item write, which has Expected and ConditionalOperator beside.
template <class Input>
Result<WriteCondition> parse_write_condition(const Input& input,
                                             expression::Placeholders& placeholders);

}  // namespace dyad::dynamodb
