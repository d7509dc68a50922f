#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expression/projection.h"
#include "services/dynamodb/request_expressions.h"

namespace dyad::dynamodb {

/// What a read by key asks for of each item, of ProjectionExpression or AttributesToGet. None: the
/// whole item. Takes `names` over. invalid_argument: DynamoDB's message.
Result<std::optional<expression::Projection>> parse_item_projection(
    const std::optional<std::string>& expression, ExpressionNames& names,
    const std::optional<std::vector<std::string>>& attributes_to_get);

/// No path goes on behind a key attribute. ValidationException.
Result<> check_projection_keys(const std::optional<expression::Projection>& projection,
                               const table::TableDescriptor& table);

/// The part of `item` that was asked for.
table::Item project(const std::optional<expression::Projection>& projection, table::ItemView item);

}  // namespace dyad::dynamodb
