#include "services/s3/object_tags.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

using model::DeleteObjectTaggingInput;
using model::DeleteObjectTaggingOutput;

Task<Result<DeleteObjectTaggingOutput>> delete_object_tagging(S3Service& service,
                                                              api::RequestContext& context,
                                                              DeleteObjectTaggingInput& input) {
  const TaggedObject object = TaggedObject::of(input);
  const Tags none;
  DYAD_CO_TRY(co_await replace_tags(service, context, object, none));
  co_return DeleteObjectTaggingOutput();
}

}  // namespace dyad::s3
