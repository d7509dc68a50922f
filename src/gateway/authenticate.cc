#include "gateway/authenticate.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "crypto/digest.h"
#include "crypto/sigv2.h"
#include "protocol/aws_chunked.h"
#include "protocol/service_error.h"
#include "protocol/timestamps.h"

namespace dyad::gateway {
namespace {

constexpr std::int64_t kUnknownKeyLogEveryMs = 10'000;

std::string spaced_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    if (!text.empty()) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string iso8601(std::int64_t wall_ms) {
  return protocol::to_string(protocol::UtcMs{wall_ms}, protocol::TimestampFormat::iso8601);
}

/// Version 2 says nothing of the body; SDKs that sign with it send unsigned trailers all the same,
/// with or without their x-amz-content-sha256.
Result<crypto::PayloadKind> payload_beside_version_2(const crypto::RequestView& request) {
  std::string kept;
  const std::string_view said =
      crypto::joined_header(request.headers, "x-amz-content-sha256", kept);
  if (said.empty()) {
    const bool trailer = crypto::find_header(request.headers, "x-amz-trailer") != nullptr;
    return trailer ? crypto::PayloadKind::streaming_unsigned_trailer
                   : crypto::PayloadKind::unsigned_payload;
  }
  DYAD_TRY_ASSIGN(const crypto::PayloadKind kind, crypto::payload_kind_of(said));
  using enum crypto::PayloadKind;
  // Chunks are signed with version 4's key.
  if (kind == streaming_signed || kind == streaming_signed_trailer)
    return fail(crypto::unsupported_version_error(crypto::SignatureStyle::s3));
  return kind;
}

std::string_view form_value(std::span<const protocol::FormField> fields, std::string_view name) {
  for (const protocol::FormField& field : fields)
    if (crypto::same_header_name(field.name, name)) return field.value;
  return {};
}

/// Whether any of the fields `names` is there; InvalidArgument if only some are.
Result<bool> all_or_none(std::span<const protocol::FormField> fields,
                         std::span<const std::string_view> names) {
  const auto is_there = [&](std::string_view name) { return !form_value(fields, name).empty(); };
  if (std::ranges::none_of(names, is_there)) return false;
  for (const std::string_view name : names) {
    if (is_there(name)) continue;
    Error error = protocol::service_error(
        "InvalidArgument", 400,
        "Bucket POST must contain a field named '" + std::string(name) +
            "'.  If it is specified, please check the order of the fields.");
    error = protocol::with_field(std::move(error), "ArgumentName", std::string(name));
    return fail(protocol::with_field(std::move(error), "ArgumentValue", ""));
  }
  return true;
}

}  // namespace

/// The elements and their order are those of S3's own answers; empty ones are not there.
Error to_service_error(Error error) {
  if (const auto* chunked = protocol::aws_chunked_error_of(error))
    return protocol::service_error(std::string(chunked->aws_code),
                                   static_cast<std::uint16_t>(chunked->http_status), error.message);
  const crypto::SignatureErrorDetail* detail = crypto::signature_error_of(error);
  if (detail == nullptr) return error;
  Error answer =
      protocol::service_error(std::string(detail->aws_code),
                              static_cast<std::uint16_t>(detail->http_status), error.message);
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) answer = protocol::with_field(std::move(answer), name, std::move(value));
  };
  using Reason = crypto::SignatureReason;
  switch (detail->reason) {
    case Reason::mismatch:
      add("AWSAccessKeyId", detail->access_key);
      add("StringToSign", detail->string_to_sign);
      add("SignatureProvided", detail->signature_provided);
      add("StringToSignBytes", spaced_hex(detail->string_to_sign));
      add("CanonicalRequest", detail->canonical_request);
      if (!detail->canonical_request.empty())
        add("CanonicalRequestBytes", spaced_hex(detail->canonical_request));
      break;
    case Reason::unknown_access_key:
      add("AWSAccessKeyId", detail->access_key);
      break;
    case Reason::time_skewed:
      add("RequestTime", detail->request_time);
      add("ServerTime", iso8601(detail->server_time_ms));
      add("MaxAllowedSkewMilliseconds", std::to_string(crypto::kMaxClockSkewMs));
      break;
    case Reason::expired:
      add("X-Amz-Expires", detail->expires_s > 0 ? std::to_string(detail->expires_s) : "");
      add("Expires", iso8601(detail->expired_at_ms));
      add("ServerTime", iso8601(detail->server_time_ms));
      break;
    case Reason::unsigned_headers:
      add("HeadersNotSigned", detail->headers_not_signed);
      break;
    case Reason::wrong_scope:
      add("Region", detail->expected_region);
      // SDKs follow it to the bucket's region.
      if (!detail->expected_region.empty())
        answer = protocol::with_header(std::move(answer), "x-amz-bucket-region",
                                       detail->expected_region);
      break;
    case Reason::unsupported_authorization:
      add("ArgumentName", "Authorization");
      add("ArgumentValue", detail->argument_value);
      break;
    case Reason::content_sha256_mismatch:
      add("ClientComputedContentSHA256", detail->client_sha256);
      add("S3ComputedContentSHA256", detail->server_sha256);
      break;
    default:
      break;
  }
  return answer;
}

/// Tells the operator what the client cannot know: which keys this server has, and how to give it
/// others.
Result<const auth::Credential*> Authenticator::find(std::string_view access_key,
                                                    std::string_view token,
                                                    crypto::SignatureStyle style) {
  const auth::Credential* credential = shared_.credentials.find(access_key);
  if (credential == nullptr) {
    const std::int64_t now_ms = shared_.clock.wall_ms();
    if (now_ms - last_unknown_key_log_ms_ >= kUnknownKeyLogEveryMs) {
      last_unknown_key_log_ms_ = now_ms;
      log::warning("unknown access key",
                   "access_key={} hint=\"this server knows {}; `eval $(dyad env)` sets "
                   "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to it, or start the server with "
                   "DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY\"",
                   access_key, shared_.credentials.root().access_key_id);
    }
    return fail(crypto::unknown_access_key_error(style, access_key));
  }
  if (!token.empty()) return fail(crypto::unknown_token_error(style, access_key));
  return credential;
}

Result<Authenticator::Claim> Authenticator::claim(const crypto::RequestView& request,
                                                  std::string_view service) {
  constexpr auto kStyle = crypto::SignatureStyle::other;
  const crypto::AuthScheme scheme = crypto::auth_scheme_of(request);
  if (scheme == crypto::AuthScheme::anonymous)
    return fail(crypto::make_signature_error(kStyle, crypto::SignatureReason::missing,
                                             "Request is missing Authentication Token"));
  crypto::Sigv4Rules rules;
  rules.style = kStyle;
  rules.region = shared_.options.region;
  rules.service = service;
  Claim claim;
  DYAD_TRY_ASSIGN(claim.signature,
                  crypto::read_sigv4_claim(request, scheme, rules, shared_.clock.wall_ms()));
  DYAD_TRY_ASSIGN(claim.credential,
                  find(claim.signature.access_key, claim.signature.security_token, kStyle));
  return claim;
}

Result<const auth::Principal*> Authenticator::authenticate_buffered(
    const crypto::RequestView& request, const Claim& claim, std::string_view body) {
  const auto hash = crypto::sha256_hex(body);
  DYAD_TRY(verifier_.verify(request, claim.signature, crypto::SignatureStyle::other,
                            claim.credential->secret_access_key,
                            std::string_view(hash.data(), hash.size())));
  return &claim.credential->principal;
}

Result<Authenticated> Authenticator::authenticate_version_2(const crypto::RequestView& request,
                                                            crypto::AuthScheme scheme,
                                                            std::string_view virtual_bucket) {
  constexpr auto kStyle = crypto::SignatureStyle::s3;
  if (!shared_.options.accept_sigv2) return fail(crypto::unsupported_version_error(kStyle));
  Authenticated result;
  DYAD_TRY_ASSIGN(const crypto::Sigv2Claim claim,
                  crypto::read_sigv2_claim(request, scheme, shared_.clock.wall_ms()));
  DYAD_TRY_ASSIGN(const auth::Credential* credential,
                  find(claim.access_key, claim.security_token, kStyle));
  DYAD_TRY(crypto::verify_sigv2(request, claim, virtual_bucket, credential->secret_access_key));
  DYAD_TRY_ASSIGN(result.payload, payload_beside_version_2(request));
  if (result.payload == crypto::PayloadKind::hashed) {
    std::string kept;
    result.payload_hash = crypto::joined_header(request.headers, "x-amz-content-sha256", kept);
  }
  result.principal = &credential->principal;
  result.presigned = claim.presigned;
  return result;
}

Result<Authenticated> Authenticator::authenticate_s3(const crypto::RequestView& request,
                                                     std::string_view virtual_bucket) {
  constexpr auto kStyle = crypto::SignatureStyle::s3;
  Authenticated result;
  const crypto::AuthScheme scheme = crypto::auth_scheme_of(request);
  if (scheme == crypto::AuthScheme::anonymous) {
    result.principal = &anonymous_;
    return result;
  }
  if (scheme == crypto::AuthScheme::sigv2_query || scheme == crypto::AuthScheme::sigv2_header)
    return authenticate_version_2(request, scheme, virtual_bucket);
  crypto::Sigv4Rules rules;
  rules.style = kStyle;
  rules.region = shared_.options.region;
  rules.service = "s3";
  DYAD_TRY_ASSIGN(crypto::Sigv4Claim claim,
                  crypto::read_sigv4_claim(request, scheme, rules, shared_.clock.wall_ms()));
  DYAD_TRY_ASSIGN(const auth::Credential* credential,
                  find(claim.access_key, claim.security_token, kStyle));
  DYAD_TRY_ASSIGN(result.payload, crypto::payload_kind_of(claim.payload_hash));
  DYAD_TRY_ASSIGN(
      const crypto::HmacSha256* key,
      verifier_.verify(request, claim, kStyle, credential->secret_access_key, claim.payload_hash));
  result.principal = &credential->principal;
  result.presigned = claim.presigned;
  result.signed_headers = std::move(claim.signed_headers);
  result.payload_hash = std::move(claim.payload_hash);
  result.signing_key = *key;
  result.scope = std::move(claim.scope);
  result.amz_date = std::move(claim.amz_date);
  result.seed_signature = std::move(claim.signature);
  return result;
}

Result<const auth::Principal*> Authenticator::authenticate_form(
    std::span<const protocol::FormField> fields) {
  constexpr auto kStyle = crypto::SignatureStyle::s3;
  constexpr std::array<std::string_view, 5> kVersion4 = {
      "X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "policy"};
  constexpr std::array<std::string_view, 3> kVersion2 = {"Signature", "AWSAccessKeyId", "policy"};
  const std::string_view policy = form_value(fields, "policy");
  const std::string_view token = form_value(fields, "x-amz-security-token");
  DYAD_TRY_ASSIGN(const bool version_4, all_or_none(fields, std::span(kVersion4).first(4)));
  if (version_4) {
    DYAD_TRY(all_or_none(fields, kVersion4));
    crypto::Sigv4Rules rules;
    rules.style = kStyle;
    rules.region = shared_.options.region;
    rules.service = "s3";
    crypto::Sigv4FormFields said;
    said.signature = form_value(fields, kVersion4[0]);
    said.algorithm = form_value(fields, kVersion4[1]);
    said.credential = form_value(fields, kVersion4[2]);
    said.date = form_value(fields, kVersion4[3]);
    DYAD_TRY_ASSIGN(const crypto::Sigv4Claim claim,
                    crypto::read_sigv4_form_claim(said, rules, shared_.clock.wall_ms()));
    DYAD_TRY_ASSIGN(const auth::Credential* credential, find(claim.access_key, token, kStyle));
    DYAD_TRY(verifier_.verify_text(claim, credential->secret_access_key, policy));
    return &credential->principal;
  }
  DYAD_TRY_ASSIGN(const bool version_2, all_or_none(fields, std::span(kVersion2).first(2)));
  if (version_2) {
    DYAD_TRY(all_or_none(fields, kVersion2));
    if (!shared_.options.accept_sigv2) return fail(crypto::unsupported_version_error(kStyle));
    const std::string_view access_key = form_value(fields, kVersion2[1]);
    DYAD_TRY_ASSIGN(const auth::Credential* credential, find(access_key, token, kStyle));
    DYAD_TRY(crypto::verify_sigv2_policy(policy, access_key, form_value(fields, kVersion2[0]),
                                         credential->secret_access_key));
    return &credential->principal;
  }
  if (!policy.empty()) return fail(protocol::service_error("AccessDenied", 403, "Access Denied"));
  return &anonymous_;
}

}  // namespace dyad::gateway
