#include "services/s3/object_content.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

using model::GetObjectInput;
using model::GetObjectOutput;

Task<Result<GetObjectOutput>> get_object(S3Service& service, api::RequestContext& context,
                                         GetObjectInput& input) {
  DYAD_CO_TRY(check_read_request(context, input));
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  const table::ReadPins::Pin pin = service.pins().pin();
  DYAD_CO_TRY_ASSIGN(FoundObject object,
                     co_await find_object(service, table, input.bucket, input.key, input.version_id,
                                          context.deadline));
  DYAD_CO_TRY_ASSIGN(const ReadPart part, check_object(input, object.attributes, object.part_list(),
                                                       context.clock->wall_ms()));
  DYAD_CO_TRY_ASSIGN(context.reply_body, co_await open_content(service, object, part.range));
  if (part.range) context.status = 206;
  co_return describe_object<GetObjectOutput>(input, object.attributes, part);
}

}  // namespace dyad::s3
