#pragma once

#include <memory>
#include <vector>

#include "api/operation_handler.h"
#include "api/s3/abort_multipart_upload.h"
#include "api/s3/complete_multipart_upload.h"
#include "api/s3/copy_object.h"
#include "api/s3/create_bucket.h"
#include "api/s3/create_multipart_upload.h"
#include "api/s3/delete_bucket.h"
#include "api/s3/delete_bucket_cors.h"
#include "api/s3/delete_bucket_tagging.h"
#include "api/s3/delete_object.h"
#include "api/s3/delete_object_tagging.h"
#include "api/s3/delete_objects.h"
#include "api/s3/get_bucket_cors.h"
#include "api/s3/get_bucket_location.h"
#include "api/s3/get_bucket_tagging.h"
#include "api/s3/get_object.h"
#include "api/s3/get_object_attributes.h"
#include "api/s3/get_object_tagging.h"
#include "api/s3/head_bucket.h"
#include "api/s3/head_object.h"
#include "api/s3/list_buckets.h"
#include "api/s3/list_multipart_uploads.h"
#include "api/s3/list_objects.h"
#include "api/s3/list_objects_v2.h"
#include "api/s3/list_parts.h"
#include "api/s3/put_bucket_cors.h"
#include "api/s3/put_bucket_tagging.h"
#include "api/s3/put_object.h"
#include "api/s3/put_object_tagging.h"
#include "api/s3/upload_part.h"
#include "api/s3/upload_part_copy.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// One operation, one file of its name.

Task<Result<model::CreateBucketOutput>> create_bucket(S3Service&, api::RequestContext&,
                                                      model::CreateBucketInput&);
Task<Result<model::ListBucketsOutput>> list_buckets(S3Service&, api::RequestContext&,
                                                    model::ListBucketsInput&);
Task<Result<model::HeadBucketOutput>> head_bucket(S3Service&, api::RequestContext&,
                                                  model::HeadBucketInput&);
Task<Result<model::DeleteBucketOutput>> delete_bucket(S3Service&, api::RequestContext&,
                                                      model::DeleteBucketInput&);
Task<Result<model::GetBucketLocationOutput>> get_bucket_location(S3Service&, api::RequestContext&,
                                                                 model::GetBucketLocationInput&);
Task<Result<model::PutBucketTaggingOutput>> put_bucket_tagging(S3Service&, api::RequestContext&,
                                                               model::PutBucketTaggingInput&);
Task<Result<model::GetBucketTaggingOutput>> get_bucket_tagging(S3Service&, api::RequestContext&,
                                                               model::GetBucketTaggingInput&);
Task<Result<model::DeleteBucketTaggingOutput>> delete_bucket_tagging(
    S3Service&, api::RequestContext&, model::DeleteBucketTaggingInput&);
Task<Result<model::PutBucketCorsOutput>> put_bucket_cors(S3Service&, api::RequestContext&,
                                                         model::PutBucketCorsInput&);
Task<Result<model::GetBucketCorsOutput>> get_bucket_cors(S3Service&, api::RequestContext&,
                                                         model::GetBucketCorsInput&);
Task<Result<model::DeleteBucketCorsOutput>> delete_bucket_cors(S3Service&, api::RequestContext&,
                                                               model::DeleteBucketCorsInput&);
Task<Result<model::PutObjectOutput>> put_object(S3Service&, api::RequestContext&,
                                                model::PutObjectInput&);
Task<Result<model::GetObjectOutput>> get_object(S3Service&, api::RequestContext&,
                                                model::GetObjectInput&);
Task<Result<model::HeadObjectOutput>> head_object(S3Service&, api::RequestContext&,
                                                  model::HeadObjectInput&);
Task<Result<model::DeleteObjectOutput>> delete_object(S3Service&, api::RequestContext&,
                                                      model::DeleteObjectInput&);
Task<Result<model::ListObjectsOutput>> list_objects(S3Service&, api::RequestContext&,
                                                    model::ListObjectsInput&);
Task<Result<model::ListObjectsV2Output>> list_objects_v2(S3Service&, api::RequestContext&,
                                                         model::ListObjectsV2Input&);
Task<Result<model::CopyObjectOutput>> copy_object(S3Service&, api::RequestContext&,
                                                  model::CopyObjectInput&);
Task<Result<model::DeleteObjectsOutput>> delete_objects(S3Service&, api::RequestContext&,
                                                        model::DeleteObjectsInput&);
Task<Result<model::PutObjectTaggingOutput>> put_object_tagging(S3Service&, api::RequestContext&,
                                                               model::PutObjectTaggingInput&);
Task<Result<model::GetObjectTaggingOutput>> get_object_tagging(S3Service&, api::RequestContext&,
                                                               model::GetObjectTaggingInput&);
Task<Result<model::DeleteObjectTaggingOutput>> delete_object_tagging(
    S3Service&, api::RequestContext&, model::DeleteObjectTaggingInput&);
Task<Result<model::GetObjectAttributesOutput>> get_object_attributes(
    S3Service&, api::RequestContext&, model::GetObjectAttributesInput&);
Task<Result<model::CreateMultipartUploadOutput>> create_multipart_upload(
    S3Service&, api::RequestContext&, model::CreateMultipartUploadInput&);
Task<Result<model::UploadPartOutput>> upload_part(S3Service&, api::RequestContext&,
                                                  model::UploadPartInput&);
Task<Result<model::CompleteMultipartUploadOutput>> complete_multipart_upload(
    S3Service&, api::RequestContext&, model::CompleteMultipartUploadInput&);
Task<Result<model::AbortMultipartUploadOutput>> abort_multipart_upload(
    S3Service&, api::RequestContext&, model::AbortMultipartUploadInput&);
Task<Result<model::ListPartsOutput>> list_parts(S3Service&, api::RequestContext&,
                                                model::ListPartsInput&);
Task<Result<model::ListMultipartUploadsOutput>> list_multipart_uploads(
    S3Service&, api::RequestContext&, model::ListMultipartUploadsInput&);
Task<Result<model::UploadPartCopyOutput>> upload_part_copy(S3Service&, api::RequestContext&,
                                                           model::UploadPartCopyInput&);

/// All of the above, for the gateway. `service` outlives them.
std::vector<std::unique_ptr<api::OperationHandler>> s3_operations(S3Service& service);

}  // namespace dyad::s3
