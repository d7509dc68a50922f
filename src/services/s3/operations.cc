#include "services/s3/operations.h"

#include "services/s3/accesses.h"

namespace dyad::s3 {

std::vector<std::unique_ptr<api::OperationHandler>> s3_operations(S3Service& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<model::CreateBucket>(service, create_bucket));
  handlers.push_back(api::bind<model::ListBuckets>(service, list_buckets));
  handlers.push_back(api::bind<model::HeadBucket>(service, head_bucket));
  handlers.push_back(api::bind<model::DeleteBucket>(service, delete_bucket));
  handlers.push_back(api::bind<model::GetBucketLocation>(service, get_bucket_location));
  handlers.push_back(api::bind<model::PutBucketTagging>(service, put_bucket_tagging));
  handlers.push_back(api::bind<model::GetBucketTagging>(service, get_bucket_tagging));
  handlers.push_back(api::bind<model::DeleteBucketTagging>(service, delete_bucket_tagging));
  handlers.push_back(api::bind<model::PutBucketCors>(service, put_bucket_cors));
  handlers.push_back(api::bind<model::GetBucketCors>(service, get_bucket_cors));
  handlers.push_back(api::bind<model::DeleteBucketCors>(service, delete_bucket_cors));
  handlers.push_back(api::bind<model::PutObject>(service, put_object, put_object_accesses));
  handlers.push_back(api::bind<model::GetObject>(service, get_object, get_object_accesses));
  handlers.push_back(api::bind<model::HeadObject>(service, head_object, head_object_accesses));
  handlers.push_back(api::bind<model::DeleteObject>(service, delete_object));
  handlers.push_back(api::bind<model::ListObjects>(service, list_objects));
  handlers.push_back(api::bind<model::ListObjectsV2>(service, list_objects_v2));
  handlers.push_back(api::bind<model::CopyObject>(service, copy_object, copy_object_accesses));
  handlers.push_back(
      api::bind<model::DeleteObjects>(service, delete_objects, delete_objects_accesses));
  handlers.push_back(api::bind<model::PutObjectTagging>(service, put_object_tagging));
  handlers.push_back(api::bind<model::GetObjectTagging>(service, get_object_tagging));
  handlers.push_back(api::bind<model::DeleteObjectTagging>(service, delete_object_tagging));
  handlers.push_back(api::bind<model::GetObjectAttributes>(service, get_object_attributes,
                                                           get_object_attributes_accesses));
  handlers.push_back(api::bind<model::CreateMultipartUpload>(service, create_multipart_upload,
                                                             create_multipart_upload_accesses));
  handlers.push_back(api::bind<model::UploadPart>(service, upload_part));
  handlers.push_back(api::bind<model::CompleteMultipartUpload>(service, complete_multipart_upload));
  handlers.push_back(api::bind<model::AbortMultipartUpload>(service, abort_multipart_upload));
  handlers.push_back(api::bind<model::ListParts>(service, list_parts));
  handlers.push_back(api::bind<model::ListMultipartUploads>(service, list_multipart_uploads));
  handlers.push_back(
      api::bind<model::UploadPartCopy>(service, upload_part_copy, upload_part_copy_accesses));
  return handlers;
}

}  // namespace dyad::s3
