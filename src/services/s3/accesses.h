#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/request_context.h"
#include "api/s3/copy_object.h"
#include "api/s3/create_multipart_upload.h"
#include "api/s3/delete_objects.h"
#include "api/s3/get_object.h"
#include "api/s3/get_object_attributes.h"
#include "api/s3/head_object.h"
#include "api/s3/put_object.h"
#include "api/s3/upload_part_copy.h"
#include "base/result.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// What requests touch beside the operation's own action on what they address, each to be authorised
// ("Required permissions for Amazon S3 API operations"). A verdict for an address alone needs none
// of these.

using Accesses = std::vector<auth::Access>;

std::string object_arn(std::string_view bucket, std::string_view key);

/// Tags beside an object need s3:PutObjectTagging.
void put_object_accesses(const api::RequestContext&, const model::PutObjectInput&, Accesses&);
void create_multipart_upload_accesses(const api::RequestContext&,
                                      const model::CreateMultipartUploadInput&, Accesses&);
/// A version is read with s3:GetObjectVersion.
void get_object_accesses(const api::RequestContext&, const model::GetObjectInput&, Accesses&);
void head_object_accesses(const api::RequestContext&, const model::HeadObjectInput&, Accesses&);
void get_object_attributes_accesses(const api::RequestContext&,
                                    const model::GetObjectAttributesInput&, Accesses&);
/// The source is read, and its tags are where they are copied.
void copy_object_accesses(const api::RequestContext&, const model::CopyObjectInput&, Accesses&);
void upload_part_copy_accesses(const api::RequestContext&, const model::UploadPartCopyInput&,
                               Accesses&);
/// Nothing: each key has a verdict of its own, in its place of the answer.
void delete_objects_accesses(const api::RequestContext&, const model::DeleteObjectsInput&,
                             Accesses&);
/// AccessDenied, for one key of DeleteObjects.
Result<> may_delete(const api::RequestContext& context, std::string_view bucket,
                    const model::ObjectIdentifier& entry);

}  // namespace dyad::s3
