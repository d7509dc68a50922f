#include "services/s3/checksums.h"
#include "services/s3/object_tags.h"
#include "services/s3/operations.h"

namespace dyad::s3 {

using model::PutObjectTaggingInput;
using model::PutObjectTaggingOutput;

Task<Result<PutObjectTaggingOutput>> put_object_tagging(S3Service& service,
                                                        api::RequestContext& context,
                                                        PutObjectTaggingInput& input) {
  DYAD_CO_TRY(check_document(context));
  DYAD_CO_TRY_ASSIGN(const Tags tags,
                     tags_of_set(std::move(input.tagging.tag_set), TagOwner::object));
  const TaggedObject object = TaggedObject::of(input);
  DYAD_CO_TRY(co_await replace_tags(service, context, object, tags));
  co_return PutObjectTaggingOutput();
}

}  // namespace dyad::s3
