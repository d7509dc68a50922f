#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/request_context.h"
#include "base/result.h"
#include "runtime/task.h"
#include "services/s3/service.h"
#include "table/tables.h"

namespace dyad::s3 {

// A bucket is the table "s3.<bucket>": hash key `bucket`, range key `key`, rows in key order.

constexpr std::string_view kBucketTablePrefix = "s3.";
/// "Object key names": at most 1,024 bytes of UTF-8.
constexpr std::size_t kMaxKeyBytes = 1024;

std::string bucket_table_name(std::string_view bucket);
table::TableSpec bucket_table_spec(std::string_view bucket);
table::PrimaryKey object_primary_key(std::string_view bucket, std::string_view key);

/// The bucket's table. NoSuchBucket; InvalidBucketName for what can be no bucket's name;
/// AccessDenied when `expected_owner` (x-amz-expected-bucket-owner) is another account than this
/// one.
Task<Result<table::TableRef>> find_bucket(S3Service& service, const api::RequestContext& context,
                                          const std::string& bucket,
                                          const std::optional<std::string>& expected_owner);

/// The table went away under an operation: NoSuchBucket. Any other error stays as it is.
Error bucket_error(Error error, std::string_view bucket);

/// KeyTooLongError, and InvalidURI for what is not UTF-8.
Result<> check_key(std::string_view key);

/// The 64 hexadecimal digits that S3 calls an account's canonical user id.
std::string canonical_user_id(std::string_view account_id);

}  // namespace dyad::s3
