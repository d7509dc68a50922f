#pragma once

#include <memory>
#include <vector>

#include "api/operation_handler.h"
#include "api/s3/create_bucket.h"
#include "api/s3/delete_bucket.h"
#include "api/s3/delete_object.h"
#include "api/s3/get_object.h"
#include "api/s3/head_bucket.h"
#include "api/s3/head_object.h"
#include "api/s3/list_buckets.h"
#include "api/s3/list_objects_v2.h"
#include "api/s3/put_object.h"
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
Task<Result<model::PutObjectOutput>> put_object(S3Service&, api::RequestContext&,
                                                model::PutObjectInput&);
Task<Result<model::GetObjectOutput>> get_object(S3Service&, api::RequestContext&,
                                                model::GetObjectInput&);
Task<Result<model::HeadObjectOutput>> head_object(S3Service&, api::RequestContext&,
                                                  model::HeadObjectInput&);
Task<Result<model::DeleteObjectOutput>> delete_object(S3Service&, api::RequestContext&,
                                                      model::DeleteObjectInput&);
Task<Result<model::ListObjectsV2Output>> list_objects_v2(S3Service&, api::RequestContext&,
                                                         model::ListObjectsV2Input&);

/// All of the above, for the gateway. `service` outlives them.
std::vector<std::unique_ptr<api::OperationHandler>> s3_operations(S3Service& service);

}  // namespace dyad::s3
