#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/request_view.h"
#include "crypto/signature_error.h"
#include "crypto/sigv4.h"

namespace dyad::crypto {

// S3's requests of signature version 2: presigned (AWSAccessKeyId, Signature, Expires in the
// query), as boto3 still makes them for us-east-1; in a header ("AWS <key>:<signature>"); and the
// policies of POST forms.

struct Sigv2Claim {
  std::string access_key;
  std::string signature;  ///< Base64, as sent.
  /// What is signed of the time, as sent: seconds since 1970 when presigned, else the Date header,
  /// which is empty beside an x-amz-date.
  std::string moment;
  std::string security_token;  ///< Empty: none. The caller checks it.
  bool presigned = false;
};

/// Takes apart a request of scheme sigv2_query or sigv2_header; checks form, clock or expiry, and
/// that there is no x-dyad-* header, which version 2 cannot sign. Errors carry a
/// SignatureErrorDetail, worded as S3's.
Result<Sigv2Claim> read_sigv2_claim(const RequestView& request, AuthScheme scheme,
                                    std::int64_t now_ms);

/// `bucket`: the one named by a virtual-hosted request's host, empty for path style.
Result<> verify_sigv2(const RequestView& request, const Sigv2Claim& claim, std::string_view bucket,
                      std::string_view secret_access_key);

/// "GET\n<Content-MD5>\n<Content-Type>\n<moment>\n<x-amz- headers><resource>".
std::string sigv2_string_to_sign(const RequestView& request, std::string_view moment,
                                 bool presigned, std::string_view bucket);

/// The signature of a text: of a string to sign, or of a POST form's policy as it was sent.
std::string sigv2_signature(std::string_view secret_access_key, std::string_view to_sign);
/// A POST form's fields: the policy, as it was sent, is what is signed.
Result<> verify_sigv2_policy(std::string_view policy, std::string_view access_key,
                             std::string_view signature, std::string_view secret_access_key);
/// The value of an Authorization header for `request`, which has its Date or x-amz-date.
std::string sigv2_authorization(const RequestView& request, std::string_view bucket,
                                std::string_view access_key_id, std::string_view secret_access_key);

/// The query, without '?', that makes `request` good until `expires_s` (seconds since 1970).
std::string presign_sigv2(const RequestView& request, std::string_view bucket,
                          std::string_view access_key_id, std::string_view secret_access_key,
                          std::int64_t expires_s);

}  // namespace dyad::crypto
