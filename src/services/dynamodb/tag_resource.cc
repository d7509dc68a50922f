#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_tags.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

Task<Result<model::TagResourceOutput>> tag_resource(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::TagResourceInput& input) {
  DYAD_CO_TRY_ASSIGN(std::string name, table_of_resource(context, input.resource_arn));
  if (input.tags.empty())
    co_return fail(validation("Atleast one Tag needs to be provided as Input."));
  for (const model::Tag& tag : input.tags) DYAD_CO_TRY(check_tag(tag.key, tag.value));
  const auto add = [&](Tags& tags) -> Result<> {
    for (const model::Tag& tag : input.tags) set_tag(tags, tag.key, tag.value);
    return check_tag_count(tags);
  };
  const auto change = [&](table::TableDescriptor& table) { return change_tags(table, add); };
  auto changed = co_await service.tables().alter(std::move(name), change, context.deadline);
  if (!changed) {
    Error error = std::move(changed).error();
    if (error.code == ErrorCode::not_found)
      co_return fail(resource_arn_not_found(input.resource_arn));
    co_return fail(translate(std::move(error)));
  }
  co_return model::TagResourceOutput();
}

}  // namespace dyad::dynamodb
