#include "services/s3/operations.h"

namespace dyad::s3 {

std::vector<std::unique_ptr<api::OperationHandler>> s3_operations(S3Service& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<model::CreateBucket>(service, create_bucket));
  handlers.push_back(api::bind<model::ListBuckets>(service, list_buckets));
  handlers.push_back(api::bind<model::HeadBucket>(service, head_bucket));
  handlers.push_back(api::bind<model::DeleteBucket>(service, delete_bucket));
  handlers.push_back(api::bind<model::PutObject>(service, put_object));
  handlers.push_back(api::bind<model::GetObject>(service, get_object));
  handlers.push_back(api::bind<model::HeadObject>(service, head_object));
  handlers.push_back(api::bind<model::DeleteObject>(service, delete_object));
  handlers.push_back(api::bind<model::ListObjectsV2>(service, list_objects_v2));
  return handlers;
}

}  // namespace dyad::s3
