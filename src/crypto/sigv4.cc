#include "crypto/sigv4.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/query_parameters.h"

namespace dyad::crypto {

AuthScheme auth_scheme_of(const RequestView& request) {
  if (const HeaderView* header = find_header(request.headers, "authorization")) {
    if (header->value.starts_with("AWS4-")) return AuthScheme::sigv4_header;
    if (header->value.starts_with("AWS ")) return AuthScheme::sigv2_header;
    return AuthScheme::unknown;
  }
  if (request.query.empty()) return AuthScheme::anonymous;
  if (has_query_parameter(request.query, "X-Amz-Algorithm") ||
      has_query_parameter(request.query, "X-Amz-Signature") ||
      has_query_parameter(request.query, "X-Amz-Credential"))
    return AuthScheme::sigv4_query;
  if (has_query_parameter(request.query, "AWSAccessKeyId")) return AuthScheme::sigv2_query;
  return AuthScheme::anonymous;
}

Result<PayloadKind> payload_kind_of(std::string_view value) {
  if (value == kUnsignedPayload) return PayloadKind::unsigned_payload;
  if (value == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return PayloadKind::streaming_signed;
  if (value == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    return PayloadKind::streaming_signed_trailer;
  if (value == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return PayloadKind::streaming_unsigned_trailer;
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (value.size() == 64 && std::ranges::all_of(value, is_hex)) return PayloadKind::hashed;
  return fail(make_signature_error(
      SignatureStyle::s3, SignatureReason::malformed_content_sha256,
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
      "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER "
      "or a "
      "valid sha256 value."));
}

void append_string_to_sign(std::string& out, std::string_view amz_date,
                           const CredentialScope& scope, std::string_view canonical_request) {
  const auto hash = sha256_hex(canonical_request);
  out.append(kSigv4Algorithm).append("\n").append(amz_date).append("\n").append(scope.date);
  out.append("/").append(scope.region).append("/").append(scope.service).append("/aws4_request\n");
  out.append(hash.data(), hash.size());
}

Result<const HmacSha256*> Sigv4Verifier::verify(const RequestView& request, const Sigv4Claim& claim,
                                                SignatureStyle style,
                                                std::string_view secret_access_key,
                                                std::string_view payload_hash) {
  canonical_.clear();
  append_canonical_request(canonical_, request, style, claim.signed_headers, payload_hash);
  to_sign_.clear();
  append_string_to_sign(to_sign_, claim.amz_date, claim.scope, canonical_);

  const HmacSha256& key = keys_.get(claim.access_key, secret_access_key, claim.scope);
  const auto expected = hex_of(key.sign(to_sign_));
  if (constant_time_equal({expected.data(), expected.size()}, claim.signature)) return &key;

  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.signature_provided = claim.signature;
  facts.string_to_sign = to_sign_;
  facts.canonical_request = canonical_;
  return fail(make_signature_error(
      style, SignatureReason::mismatch,
      style == SignatureStyle::s3
          ? "The request signature we calculated does not match the signature you provided. Check "
            "your key "
            "and signing method."
          : "The request signature we calculated does not match the signature you provided. Check "
            "your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
      std::move(facts)));
}

}  // namespace dyad::crypto
