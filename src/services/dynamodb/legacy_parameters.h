#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/dynamodb/shapes.h"
#include "base/result.h"
#include "expression/condition.h"
#include "expression/key_condition.h"
#include "expression/update_expression.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

// The parameters from before expressions, as the expressions they stand for. Each function checks
// its parameter first; invalid_argument: DynamoDB's message. Source: "Legacy conditional
// parameters" in the developer guide, and the checks that dynalite recorded.

/// Expected, joined by ConditionalOperator ("AND" by default). None: not sent, or empty.
Result<std::optional<expression::Condition>> condition_of_expected(
    const std::optional<protocol::Map<model::ExpectedAttributeValue>>& expected,
    const std::optional<std::string>& conditional_operator);

/// QueryFilter and ScanFilter.
Result<std::optional<expression::Condition>> condition_of_filter(
    const std::optional<protocol::Map<model::Condition>>& filter,
    const std::optional<std::string>& conditional_operator);

/// KeyConditions.
Result<std::vector<expression::KeyTerm>> terms_of_key_conditions(
    const protocol::Map<model::Condition>& conditions);

/// AttributeUpdates. None: not sent, or empty.
Result<std::optional<expression::UpdateExpression>> update_of_attribute_updates(
    const std::optional<protocol::Map<model::AttributeValueUpdate>>& updates);

/// AttributesToGet names no attribute twice.
Result<> check_attributes_to_get(const std::vector<std::string>& names);

}  // namespace dyad::dynamodb
