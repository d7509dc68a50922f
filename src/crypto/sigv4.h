#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/canonical_request.h"
#include "crypto/request_view.h"
#include "crypto/signature_error.h"
#include "crypto/signing_key.h"

namespace dyad::crypto {

// AWS Signature Version 4, the server's side. Verifying goes in two steps, since the secret must be
// looked up in between: read_sigv4_claim() takes apart what the request says and checks everything
// that needs no secret; Sigv4Verifier::verify() compares the signature. All errors carry a
// SignatureErrorDetail.

inline constexpr std::string_view kSigv4Algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::int64_t kMaxClockSkewMs = 15 * 60 * 1000;
inline constexpr std::int64_t kMaxPresignedSeconds = 7 * 24 * 3600;

/// How a request says who sent it.
enum class AuthScheme : std::uint8_t {
  anonymous,
  sigv4_header,
  sigv4_query,
  sigv2_header,
  sigv2_query,
  several,  ///< Both in a header and in the query.
  unknown
};

AuthScheme auth_scheme_of(const RequestView& request);

/// Whom the server takes itself for.
struct Sigv4Rules {
  SignatureStyle style = SignatureStyle::other;
  std::string_view region;
  std::string_view service;  ///< "s3", "dynamodb", "sts".
};

/// What x-amz-content-sha256 announces.
enum class PayloadKind : std::uint8_t {
  hashed,  ///< A SHA-256 in hexadecimal, to be compared with the body's.
  unsigned_payload,
  streaming_signed,           ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  streaming_signed_trailer,   ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  streaming_unsigned_trailer  ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

/// InvalidArgument (malformed_content_sha256) for anything that is none of these.
Result<PayloadKind> payload_kind_of(std::string_view content_sha256);

struct Sigv4Claim {
  bool presigned = false;
  std::string access_key;
  CredentialScope scope;
  std::string amz_date;        ///< "20130524T000000Z".
  std::int64_t expires_s = 0;  ///< Presigned only.
  std::string signed_headers;  ///< "host;x-amz-date".
  std::string signature;       ///< Hexadecimal, as sent.
  std::string security_token;  ///< Of temporary credentials; empty: none. The caller checks it.
  std::string
      payload_hash;  ///< As stated; UNSIGNED-PAYLOAD for a presigned S3 request without one.
};

/// Takes apart a request of scheme sigv4_header or sigv4_query. Checks form, scope, clock, expiry,
/// and that host and all x-amz-* and x-dyad-* headers are signed. What authentication says twice,
/// in headers or parameters, is read as one list and so is of no valid form.
Result<Sigv4Claim> read_sigv4_claim(const RequestView& request, AuthScheme scheme,
                                    const Sigv4Rules& rules, std::int64_t now_ms);

/// What the fields of a POST form say ("Authenticating requests in browser-based uploads").
struct Sigv4FormFields {
  std::string_view algorithm, credential, date, signature;
};
/// The same for a form: form and scope are checked, and that it was signed in the last seven days,
/// as long as a signing key is good for; the policy itself may end earlier.
Result<Sigv4Claim> read_sigv4_form_claim(const Sigv4FormFields& fields, const Sigv4Rules& rules,
                                         std::int64_t now_ms);

/// Not thread-safe: one a reactor (it keeps signing keys and scratch buffers).
class Sigv4Verifier {
 public:
  explicit Sigv4Verifier(std::size_t max_keys = SigningKeyCache::kMaxKeys) : keys_(max_keys) {}

  /// `payload_hash`: S3: claim.payload_hash, and the body is compared with it as it streams; all
  /// other services: the hash of the body, in hexadecimal. Returns the signing key for the chunks
  /// of the body; valid until the next call, so copy it.
  Result<const HmacSha256*> verify(const RequestView& request, const Sigv4Claim& claim,
                                   SignatureStyle style, std::string_view secret_access_key,
                                   std::string_view payload_hash);

  /// For a form, whose string to sign is its policy as it was sent.
  Result<> verify_text(const Sigv4Claim& claim, std::string_view secret_access_key,
                       std::string_view text);

  const SigningKeyCache& keys() const { return keys_; }

 private:
  SigningKeyCache keys_;
  std::string canonical_;
  std::string to_sign_;
};

/// The refusal of an Authorization header of another kind ("Basic ...").
Error unsupported_authorization_error(const RequestView& request, SignatureStyle style);
/// The refusal of a version that is not accepted; S3's words are those of regions that never had
/// version 2.
Error unsupported_version_error(SignatureStyle style);

/// "AWS4-HMAC-SHA256\n<date>\n<scope>\n<hash of the canonical request>".
void append_string_to_sign(std::string& out, std::string_view amz_date,
                           const CredentialScope& scope, std::string_view canonical_request);

}  // namespace dyad::crypto
