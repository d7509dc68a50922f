#include <algorithm>

#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_tags.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {

/// Keys that no tag has are passed over.
Task<Result<model::UntagResourceOutput>> untag_resource(DynamoDbService& service,
                                                        api::RequestContext& context,
                                                        model::UntagResourceInput& input) {
  DYAD_CO_TRY_ASSIGN(std::string name, table_of_resource(context, input.resource_arn));
  if (input.tag_keys.empty())
    co_return fail(validation("Atleast one Tag Key needs to be provided as Input."));
  const auto change = [&](table::TableDescriptor& table) -> Result<> {
    DYAD_TRY_ASSIGN(TableSettings settings, decode_settings(table.properties));
    std::erase_if(settings.tags, [&](const Tags::value_type& tag) {
      return std::ranges::find(input.tag_keys, tag.first) != input.tag_keys.end();
    });
    table.properties = encode_settings(settings);
    return {};
  };
  auto changed = co_await service.tables().alter(std::move(name), change, context.deadline);
  if (!changed) co_return fail(translate(std::move(changed).error()));
  co_return model::UntagResourceOutput();
}

}  // namespace dyad::dynamodb
