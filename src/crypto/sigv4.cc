#include "crypto/sigv4.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/query_parameters.h"

namespace dyad::crypto {

namespace {

AuthScheme scheme_of_query(std::string_view query) {
  AuthScheme scheme = AuthScheme::anonymous;
  while (const auto parameter = next_query_parameter(query)) {
    const std::string_view name = parameter->name;
    if (name == "X-Amz-Algorithm" || name == kSignatureParameter || name == "X-Amz-Credential")
      return AuthScheme::sigv4_query;
    if (name == "AWSAccessKeyId" || name == "Signature") scheme = AuthScheme::sigv2_query;
  }
  return scheme;
}

bool is_signature_of(const HmacSha256& key, std::string_view text, std::string_view signature) {
  const auto expected = hex_of(key.sign(text));
  return constant_time_equal({expected.data(), expected.size()}, signature);
}

}  // namespace

AuthScheme auth_scheme_of(const RequestView& request) {
  const HeaderView* header = find_header(request.headers, "authorization");
  const AuthScheme in_query = scheme_of_query(request.query);
  if (header == nullptr) return in_query;
  if (in_query != AuthScheme::anonymous) return AuthScheme::several;
  if (header->value.starts_with("AWS4-")) return AuthScheme::sigv4_header;
  if (header->value == "AWS" || header->value.starts_with("AWS ")) return AuthScheme::sigv2_header;
  return AuthScheme::unknown;
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
  if (is_signature_of(key, to_sign_, claim.signature)) return &key;

  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.signature_provided = claim.signature;
  facts.string_to_sign = to_sign_;
  facts.canonical_request = canonical_;
  return fail(mismatch_error(style, std::move(facts)));
}

Result<> Sigv4Verifier::verify_text(const Sigv4Claim& claim, std::string_view secret_access_key,
                                    std::string_view text) {
  const HmacSha256& key = keys_.get(claim.access_key, secret_access_key, claim.scope);
  if (is_signature_of(key, text, claim.signature)) return {};
  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.signature_provided = claim.signature;
  facts.string_to_sign = text;
  return fail(mismatch_error(SignatureStyle::s3, std::move(facts)));
}

}  // namespace dyad::crypto
