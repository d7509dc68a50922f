#include "services/dynamodb/item_projection.h"

#include "services/dynamodb/item_keys.h"
#include "services/dynamodb/legacy_parameters.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

using expression::Projection;

Result<std::optional<Projection>> parse_item_projection(
    const std::optional<std::string>& expression, ExpressionNames& names,
    const std::optional<std::vector<std::string>>& attributes_to_get) {
  DYAD_TRY(check_styles({{"ProjectionExpression", expression.has_value()}},
                        {{"AttributesToGet", attributes_to_get.has_value()}},
                        {.names = names.has_value()}));
  if (attributes_to_get) {
    DYAD_TRY(check_attributes_to_get(*attributes_to_get));
    return Projection::of_attributes(*attributes_to_get);
  }
  if (!expression) return std::optional<Projection>();
  ExpressionValues no_values;
  DYAD_TRY_ASSIGN(auto placeholders, take_placeholders(names, no_values));
  DYAD_TRY_ASSIGN(auto projection, Projection::parse(*expression, placeholders));
  DYAD_TRY(placeholders.check_all_used());
  return std::optional<Projection>(std::move(projection));
}

Result<> check_projection_keys(const std::optional<Projection>& projection,
                               const table::TableDescriptor& table) {
  if (!projection) return {};
  if (auto fine = projection->check_keys(key_names(table.keys)); !fine)
    return fail(translate(std::move(fine).error()));
  return {};
}

table::Item project(const std::optional<Projection>& projection, table::ItemView item) {
  return projection ? projection->apply(item) : table::Item(std::string(item.encoded()));
}

}  // namespace dyad::dynamodb
