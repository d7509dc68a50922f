#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/s3/copy_object.h"
#include "api/s3/create_bucket.h"
#include "api/s3/create_multipart_upload.h"
#include "api/s3/put_object.h"
#include "base/result.h"
#include "services/s3/service.h"

namespace dyad::s3 {

// What a request asks for and this server does not do is refused, never passed over in silence: a
// client that asked for a lock, a key or an ACL must not believe it has one.

/// NotImplemented with the <Header>; AccessControlListNotSupported for ACLs.
Result<> refuse_unserved(const model::PutObjectInput& input);
Result<> refuse_unserved(const model::CopyObjectInput& input);
Result<> refuse_unserved(const model::CreateMultipartUploadInput& input);
/// NotImplemented; InvalidBucketAclWithObjectOwnership for ACLs beside "private".
Result<> refuse_unserved(const model::CreateBucketInput& input);

/// Keys of the customer's own, in any request that names them.
template <class Input>
bool names_customer_key(const Input& input) {
  return input.sse_customer_algorithm || input.sse_customer_key || input.sse_customer_key_md5;
}

/// The same of a copy's source.
template <class Input>
bool names_source_key(const Input& input) {
  return input.copy_source_sse_customer_algorithm || input.copy_source_sse_customer_key ||
         input.copy_source_sse_customer_key_md5;
}
constexpr std::string_view kCustomerKeyHeader = "x-amz-server-side-encryption-customer-algorithm";
constexpr std::string_view kSourceKeyHeader =
    "x-amz-copy-source-server-side-encryption-customer-algorithm";

}  // namespace dyad::s3
