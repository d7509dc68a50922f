#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_tags.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {

/// All of them at once: a table has at most kMaxTags.
Task<Result<model::ListTagsOfResourceOutput>> list_tags_of_resource(
    DynamoDbService& service, api::RequestContext& context, model::ListTagsOfResourceInput& input) {
  DYAD_CO_TRY_ASSIGN(std::string name, table_of_resource(context, input.resource_arn));
  auto table = co_await service.tables().find(std::move(name), context.deadline);
  if (!table) {
    Error error = std::move(table).error();
    if (error.code == ErrorCode::not_found)
      co_return fail(resource_arn_not_found(input.resource_arn));
    co_return fail(translate(std::move(error)));
  }
  model::ListTagsOfResourceOutput output;
  // What another service's table has of tags is told by that service.
  if ((*table)->codec != table::RowCodecKind::item) co_return output;
  DYAD_CO_TRY_ASSIGN(const TableSettings settings, decode_settings((*table)->properties));
  for (const auto& [key, value] : settings.tags) {
    model::Tag& tag = output.tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  co_return output;
}

}  // namespace dyad::dynamodb
