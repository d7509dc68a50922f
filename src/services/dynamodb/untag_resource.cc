#include <algorithm>

#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_tags.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {

/// Keys that no tag has are passed over.
Task<Result<model::UntagResourceOutput>> untag_resource(DynamoDbService& service,
                                                        api::RequestContext& context,
                                                        model::UntagResourceInput& input) {
  DYAD_CO_TRY_ASSIGN(std::string name, table_of_resource(context, input.resource_arn));
  if (input.tag_keys.empty())
    co_return fail(validation("Atleast one Tag Key needs to be provided as Input."));
  const auto take_away = [&](Tags& tags) -> Result<> {
    std::erase_if(tags, [&](const Tags::value_type& tag) {
      return std::ranges::find(input.tag_keys, tag.first) != input.tag_keys.end();
    });
    return {};
  };
  const auto change = [&](table::TableDescriptor& table) { return change_tags(table, take_away); };
  auto changed = co_await service.tables().alter(std::move(name), change, context.deadline);
  if (!changed) co_return fail(translate(std::move(changed).error()));
  co_return model::UntagResourceOutput();
}

}  // namespace dyad::dynamodb
