#include "crypto/signature_error.h"

namespace dyad::crypto {
namespace {

struct Wording {
  std::string_view code;
  int http_status;
};

/// S3's codes; `query` tells the two ways of authenticating apart where S3 does.
Wording s3_wording(SignatureReason reason) {
  switch (reason) {
    case SignatureReason::missing:
      return {"AccessDenied", 403};
    case SignatureReason::malformed:
      return {"AuthorizationHeaderMalformed", 400};
    case SignatureReason::unsupported_algorithm:
      return {"InvalidRequest", 400};
    case SignatureReason::unsupported_authorization:
      return {"InvalidArgument", 400};
    case SignatureReason::wrong_scope:
      return {"AuthorizationHeaderMalformed", 400};
    case SignatureReason::missing_date:
      return {"AccessDenied", 403};
    case SignatureReason::time_skewed:
      return {"RequestTimeTooSkewed", 403};
    case SignatureReason::not_yet_valid:
      return {"AccessDenied", 403};
    case SignatureReason::expired:
      return {"AccessDenied", 403};
    case SignatureReason::unsigned_headers:
      return {"AccessDenied", 403};
    case SignatureReason::mismatch:
      return {"SignatureDoesNotMatch", 403};
    case SignatureReason::unknown_access_key:
      return {"InvalidAccessKeyId", 403};
    case SignatureReason::unknown_token:
      return {"InvalidToken", 400};
    case SignatureReason::missing_content_sha256:
      return {"InvalidRequest", 400};
    case SignatureReason::malformed_content_sha256:
      return {"InvalidArgument", 400};
    case SignatureReason::content_sha256_mismatch:
      return {"XAmzContentSHA256Mismatch", 400};
  }
  return {"AccessDenied", 403};
}

/// The codes of the JSON services. The Query services (STS, IAM) say SignatureDoesNotMatch and
/// InvalidClientTokenId instead; their renderer decides by the reason.
Wording json_wording(SignatureReason reason) {
  switch (reason) {
    case SignatureReason::missing:
      return {"MissingAuthenticationTokenException", 400};
    case SignatureReason::malformed:
    case SignatureReason::unsupported_algorithm:
    case SignatureReason::unsupported_authorization:
    case SignatureReason::missing_date:
      return {"IncompleteSignatureException", 400};
    case SignatureReason::unknown_access_key:
    case SignatureReason::unknown_token:
      return {"UnrecognizedClientException", 400};
    default:
      return {"InvalidSignatureException", 400};
  }
}

}  // namespace

const SignatureErrorDetail* signature_error_of(const Error& error) {
  return dynamic_cast<const SignatureErrorDetail*>(error.detail.get());
}

Error make_signature_error(SignatureStyle style, SignatureReason reason, std::string message,
                           SignatureErrorDetail facts) {
  const Wording wording = style == SignatureStyle::s3 ? s3_wording(reason) : json_wording(reason);
  facts.reason = reason;
  if (facts.aws_code.empty()) {
    facts.aws_code = wording.code;
    facts.http_status = wording.http_status;
  }
  return Error(ErrorCode::permission_denied, std::move(message),
               std::make_shared<const SignatureErrorDetail>(std::move(facts)));
}

Error unknown_access_key_error(SignatureStyle style, std::string_view access_key) {
  SignatureErrorDetail facts;
  facts.access_key = access_key;
  return make_signature_error(
      style, SignatureReason::unknown_access_key,
      style == SignatureStyle::s3
          ? "The AWS Access Key Id you provided does not exist in our records."
          : "The security token included in the request is invalid.",
      std::move(facts));
}

Error unknown_token_error(SignatureStyle style, std::string_view access_key) {
  SignatureErrorDetail facts;
  facts.access_key = access_key;
  return make_signature_error(style, SignatureReason::unknown_token,
                              style == SignatureStyle::s3
                                  ? "The provided token is malformed or otherwise invalid."
                                  : "The security token included in the request is invalid.",
                              std::move(facts));
}

Error mismatch_error(SignatureStyle style, SignatureErrorDetail facts) {
  return make_signature_error(
      style, SignatureReason::mismatch,
      style == SignatureStyle::s3
          ? "The request signature we calculated does not match the signature you provided. Check "
            "your key and signing method."
          : "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.",
      std::move(facts));
}

Error content_sha256_mismatch_error(std::string_view client_hex, std::string_view server_hex) {
  SignatureErrorDetail facts;
  facts.client_sha256 = client_hex;
  facts.server_sha256 = server_hex;
  return make_signature_error(
      SignatureStyle::s3, SignatureReason::content_sha256_mismatch,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      std::move(facts));
}

}  // namespace dyad::crypto
