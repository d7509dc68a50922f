#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/s3/errors.h"
#include "protocol/service_error.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// S3's errors with the elements that S3 puts beside code and message. Sources: "Error responses" in
// the S3 API reference; elements as real answers show them (the AWS-validated snapshots of
// LocalStack's tests/aws/services/s3).

Error no_such_bucket(std::string_view bucket);
Error no_such_key(std::string_view key);
/// InvalidArgument with <ArgumentName> and <ArgumentValue>.
Error invalid_argument(std::string_view name, std::string_view value, std::string_view message);
Error invalid_request(std::string_view message);
/// `condition`: the header's name, "If-Match".
Error precondition_failed(std::string_view condition);
Error conditional_conflict(std::string_view condition, std::string_view key);
/// NotImplemented with the <Header> it is about.
Error header_not_implemented(std::string_view header);
Error header_not_implemented(std::string_view header, std::string_view additional_message);
/// KeyTooLongError, MetadataTooLarge: <Size> and <MaxSizeAllowed>.
Error over_size(const protocol::ErrorInfo& info, std::uint64_t size, std::uint64_t max_size);

}  // namespace dyad::s3
