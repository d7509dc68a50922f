#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/request_view.h"
#include "crypto/signature_error.h"

namespace dyad::crypto {

// S3's presigned requests of signature version 2 (AWSAccessKeyId, Signature, Expires in the query),
// which boto3 still makes for us-east-1. Version 2 in an Authorization header is not served.

struct Sigv2Claim {
  std::string access_key;
  std::string signature;       ///< Base64, as sent.
  std::string expires;         ///< Seconds since 1970, as sent: it is part of what is signed.
  std::string security_token;  ///< Empty: none. The caller checks it.
};

/// Takes apart a request of scheme sigv2_query; checks form and expiry. Errors carry a
/// SignatureErrorDetail, worded as S3's.
Result<Sigv2Claim> read_sigv2_claim(const RequestView& request, std::int64_t now_ms);

/// `bucket`: the one named by a virtual-hosted request's host, empty for path style.
Result<> verify_sigv2(const RequestView& request, const Sigv2Claim& claim, std::string_view bucket,
                      std::string_view secret_access_key);

/// "GET\n<Content-MD5>\n<Content-Type>\n<Expires>\n<x-amz- headers><resource>".
std::string sigv2_string_to_sign(const RequestView& request, std::string_view expires,
                                 std::string_view bucket);

/// The query, without '?', that makes `request` good until `expires_s` (seconds since 1970).
std::string presign_sigv2(const RequestView& request, std::string_view bucket,
                          std::string_view access_key_id, std::string_view secret_access_key,
                          std::int64_t expires_s);

}  // namespace dyad::crypto
