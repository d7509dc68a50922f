#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "protocol/query_string.h"

namespace dyad::gateway {

/// The headers of a presigned request and the parameters of its query that stand for headers, as
/// presigners write them: x-amz-meta-*, x-amz-tagging and every other x-amz-*, If-Match and
/// If-None-Match. A header that came wins. Checksums that SDKs put there before they know the body
/// (x-amz-checksum-*, x-amz-sdk-checksum-algorithm) count only if `signed_headers` lists them. All
/// of this is how S3 behaves; of the precedence its documentation says nothing.
///
/// The views point into `headers` and `query`. Service error InvalidArgument: a value could not
/// have come in a header.
Result<std::vector<http::Header>> hoisted_headers(std::span<const http::Header> headers,
                                                  std::span<const protocol::QueryParameter> query,
                                                  std::string_view signed_headers);

}  // namespace dyad::gateway
