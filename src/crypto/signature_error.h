#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "crypto/canonical_request.h"

namespace dyad::crypto {

/// Why a request's signature was refused.
enum class SignatureReason : std::uint8_t {
  missing,    ///< The request carries no signature at all.
  malformed,  ///< The header or the query parameters are not of their form.
  unsupported_algorithm,
  unsupported_authorization,  ///< The header is of another kind, or says what the query says too.
  wrong_scope,                ///< Another date, region, service or terminator.
  missing_date,               ///< No valid x-amz-date or Date.
  time_skewed,                ///< More than 15 minutes away from the server's clock.
  not_yet_valid,              ///< Presigned for a moment to come.
  expired,                    ///< Presigned, and its time is over.
  unsigned_headers,           ///< host, an x-amz-* or x-dyad-* header is not among the signed ones.
  mismatch,                   ///< The signature is not the one computed.
  unknown_access_key,
  unknown_token,
  missing_content_sha256,  ///< S3 demands x-amz-content-sha256 of header signatures.
  malformed_content_sha256,
  content_sha256_mismatch,  ///< The body is not the one that was signed.
};

/// What an error renderer needs beyond the message. Texts are empty where they do not apply.
class SignatureErrorDetail final : public ErrorDetail {
 public:
  SignatureReason reason = SignatureReason::mismatch;
  std::string_view aws_code;  ///< "SignatureDoesNotMatch"; the style's own.
  int http_status = 403;
  std::string access_key;
  std::string signature_provided;
  std::string string_to_sign;
  std::string canonical_request;
  std::string expected_region;     ///< S3's <Region> of AuthorizationHeaderMalformed.
  std::string headers_not_signed;  ///< S3's <HeadersNotSigned>, comma-separated.
  std::string request_time;        ///< As the request wrote it.
  std::int64_t server_time_ms = 0;
  std::int64_t expires_s = 0;      ///< Of a presigned request of version 4.
  std::int64_t expired_at_ms = 0;  ///< reason == expired: when.
  std::string client_sha256;       ///< S3's <ClientComputedContentSHA256>.
  std::string server_sha256;       ///< S3's <S3ComputedContentSHA256>.
  std::string argument_value;      ///< S3's <ArgumentValue> of unsupported_authorization.
};

/// The facts of a signature error; null: `error` is of another kind.
const SignatureErrorDetail* signature_error_of(const Error& error);

/// Code, status and message as the style's services word them; the caller adds facts to the detail
/// first.
Error make_signature_error(SignatureStyle style, SignatureReason reason, std::string message,
                           SignatureErrorDetail facts = {});

// The errors that only the caller of the verifier can find.
Error unknown_access_key_error(SignatureStyle style, std::string_view access_key);
Error unknown_token_error(SignatureStyle style, std::string_view access_key);
/// The signature is not the one computed; `facts` tell what was.
Error mismatch_error(SignatureStyle style, SignatureErrorDetail facts);
/// S3's XAmzContentSHA256Mismatch: the body's hash is not what x-amz-content-sha256 says.
Error content_sha256_mismatch_error(std::string_view client_hex, std::string_view server_hex);

}  // namespace dyad::crypto
