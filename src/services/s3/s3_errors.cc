#include "services/s3/s3_errors.h"

namespace dyad::s3 {

using protocol::service_error;
using protocol::with_field;
namespace errors = model::errors;

Error no_such_bucket(std::string_view bucket) {
  return with_field(service_error(errors::kNoSuchBucket), "BucketName", std::string(bucket));
}

Error no_such_key(std::string_view key) {
  return with_field(service_error(errors::kNoSuchKey), "Key", std::string(key));
}

Error invalid_argument(std::string_view name, std::string_view value, std::string_view message) {
  Error error = service_error(errors::kInvalidArgument, std::string(message));
  error = with_field(std::move(error), "ArgumentName", std::string(name));
  return with_field(std::move(error), "ArgumentValue", std::string(value));
}

Error invalid_request(std::string_view message) {
  return service_error(errors::kInvalidRequest, std::string(message));
}

Error precondition_failed(std::string_view condition) {
  return with_field(service_error(errors::kPreconditionFailed), "Condition",
                    std::string(condition));
}

Error conditional_conflict(std::string_view condition, std::string_view key) {
  Error error = with_field(service_error(errors::kConditionalRequestConflict), "Condition",
                           std::string(condition));
  return with_field(std::move(error), "Key", std::string(key));
}

Error header_not_implemented(std::string_view header) {
  return with_field(service_error(errors::kNotImplemented), "Header", std::string(header));
}

Error header_not_implemented(std::string_view header, std::string_view additional_message) {
  return with_field(header_not_implemented(header), "additionalMessage",
                    std::string(additional_message));
}

Error over_size(const protocol::ErrorInfo& info, std::uint64_t size, std::uint64_t max_size) {
  Error error = with_field(service_error(info), "Size", std::to_string(size));
  return with_field(std::move(error), "MaxSizeAllowed", std::to_string(max_size));
}

}  // namespace dyad::s3
