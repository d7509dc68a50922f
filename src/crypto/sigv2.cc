#include "crypto/sigv2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/amz_date.h"
#include "crypto/canonical_request.h"
#include "crypto/hmac.h"
#include "crypto/query_parameters.h"
#include "crypto/uri_encoding.h"

namespace dyad::crypto {
namespace {

/// The query parameters that belong to the signed resource, sorted.
constexpr std::array<std::string_view, 41> kSubresources = {"accelerate",
                                                            "acl",
                                                            "analytics",
                                                            "cors",
                                                            "defaultObjectAcl",
                                                            "delete",
                                                            "encryption",
                                                            "inventory",
                                                            "legal-hold",
                                                            "lifecycle",
                                                            "location",
                                                            "logging",
                                                            "metrics",
                                                            "notification",
                                                            "object-lock",
                                                            "ownershipControls",
                                                            "partNumber",
                                                            "policy",
                                                            "policyStatus",
                                                            "publicAccessBlock",
                                                            "replication",
                                                            "requestPayment",
                                                            "response-cache-control",
                                                            "response-content-disposition",
                                                            "response-content-encoding",
                                                            "response-content-language",
                                                            "response-content-type",
                                                            "response-expires",
                                                            "restore",
                                                            "retention",
                                                            "select",
                                                            "select-type",
                                                            "storageClass",
                                                            "tagging",
                                                            "torrent",
                                                            "uploadId",
                                                            "uploads",
                                                            "versionId",
                                                            "versioning",
                                                            "versions",
                                                            "website"};
static_assert(std::ranges::is_sorted(kSubresources));

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

std::string decoded(std::string_view raw) {
  std::string out;
  append_uri_decoded_leniently(out, raw, true);
  return out;
}

/// A header, or else the query parameter of that name: presigners put headers into the query.
std::string header_or_parameter(const RequestView& request, std::string_view name, bool presigned) {
  std::string out;
  if (const HeaderView* header = find_header(request.headers, name)) {
    append_canonical_value(out, header->value);
    return out;
  }
  return presigned ? query_parameter(request.query, name).value_or("") : out;
}

/// By name in lower case, values of one name behind each other.
using AmzLines = std::map<std::string, std::string>;

/// The value of a line, for more to be appended; null: its name is none of x-amz-*.
std::string* amz_line(AmzLines& lines, std::string_view name) {
  std::string in_lower_case = lower(name);
  if (!in_lower_case.starts_with("x-amz-")) return nullptr;
  const auto [line, is_new] = lines.try_emplace(std::move(in_lower_case));
  if (!is_new) line->second.push_back(',');
  return &line->second;
}

/// x-amz-* headers, and parameters of such names that no header has, sorted, one a line. Names of
/// parameters count as they are understood later, however they are spelt: else one could be added
/// that nobody signed.
void append_amz_headers(std::string& out, const RequestView& request, bool presigned) {
  AmzLines lines, of_parameters;
  for (const HeaderView& header : request.headers)
    if (std::string* line = amz_line(lines, header.name))
      append_canonical_value(*line, header.value);
  std::string_view rest = presigned ? request.query : std::string_view();
  while (const auto parameter = next_query_parameter(rest))
    if (std::string* line = amz_line(of_parameters, decoded(parameter->name)))
      line->append(decoded(parameter->value));
  lines.merge(of_parameters);
  for (const auto& [name, value] : lines) out.append(name).append(":").append(value).append("\n");
}

void append_resource(std::string& out, const RequestView& request, std::string_view bucket) {
  if (!bucket.empty()) out.append("/").append(bucket);
  out.append(request.path.empty() ? std::string_view("/") : request.path);
  std::vector<std::pair<std::string, std::string>> kept;  // A name, and "=value" where it has one.
  std::string_view rest = request.query;
  while (const auto parameter = next_query_parameter(rest)) {
    std::string name = decoded(parameter->name);
    if (!std::ranges::binary_search(kSubresources, name)) continue;
    kept.emplace_back(std::move(name),
                      parameter->has_value ? "=" + decoded(parameter->value) : std::string());
  }
  std::ranges::stable_sort(kept, {}, &std::pair<std::string, std::string>::first);
  for (std::size_t i = 0; i < kept.size(); ++i)
    out.append(i == 0 ? "?" : "&").append(kept[i].first).append(kept[i].second);
}

std::unexpected<Error> denied(SignatureReason reason, std::string message, const Sigv2Claim& claim,
                              std::int64_t now_ms, std::int64_t expired_at_ms = 0) {
  SignatureErrorDetail facts;
  facts.aws_code = "AccessDenied";
  facts.access_key = claim.access_key;
  facts.request_time = claim.moment;
  facts.server_time_ms = now_ms;
  facts.expired_at_ms = expired_at_ms;
  return fail(
      make_signature_error(SignatureStyle::s3, reason, std::move(message), std::move(facts)));
}

Result<> refuse_unsigned_headers(const RequestView& request, const Sigv2Claim& claim,
                                 std::int64_t now_ms) {
  for (const HeaderView& header : request.headers) {
    const std::string name = lower(header.name);
    if (!name.starts_with("x-dyad-")) continue;
    SignatureErrorDetail facts;
    facts.access_key = claim.access_key;
    facts.server_time_ms = now_ms;
    facts.headers_not_signed = name;
    return fail(make_signature_error(
        SignatureStyle::s3, SignatureReason::unsigned_headers,
        "There were headers present in the request which were not signed", std::move(facts)));
  }
  return {};
}

Result<Sigv2Claim> read_query_claim(const RequestView& request, std::int64_t now_ms) {
  Sigv2Claim claim;
  claim.presigned = true;
  claim.access_key = joined_query_parameter(request.query, "AWSAccessKeyId");
  claim.signature = joined_query_parameter(request.query, "Signature");
  claim.moment = joined_query_parameter(request.query, "Expires");
  claim.security_token = header_or_parameter(request, "x-amz-security-token", true);
  if (claim.access_key.empty() || claim.signature.empty() || claim.moment.empty())
    return denied(
        SignatureReason::malformed,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        claim, now_ms);
  std::int64_t expires_s = 0;
  const char* const end = claim.moment.data() + claim.moment.size();
  const auto parsed = std::from_chars(claim.moment.data(), end, expires_s);
  constexpr std::int64_t max_s = std::numeric_limits<std::int64_t>::max() / 1000;
  if (parsed.ec != std::errc{} || parsed.ptr != end || expires_s < 0 || expires_s > max_s)
    return denied(SignatureReason::malformed,
                  "Invalid date (should be seconds since epoch): " + claim.moment, claim, now_ms);
  if (expires_s < now_ms / 1000)
    return denied(SignatureReason::expired, "Request has expired", claim, now_ms, expires_s * 1000);
  return claim;
}

/// When a request with an Authorization header was made: x-amz-date, in either form, else Date.
/// "Signing and authenticating REST requests": where x-amz-date is there, be it empty, the Date
/// does not count, and its line is empty. A moment before 1970 is no valid one.
std::optional<std::int64_t> moment_of(const RequestView& request, Sigv2Claim& claim) {
  std::string kept;
  std::string_view text = joined_header(request.headers, "x-amz-date", kept);
  if (find_header(request.headers, "x-amz-date") == nullptr)
    claim.moment = text = joined_header(request.headers, "date", kept);
  std::optional<std::int64_t> at_ms = parse_http_date(text);
  if (!at_ms) at_ms = parse_amz_date(text);
  if (at_ms && *at_ms < 0) return std::nullopt;
  return at_ms;
}

Result<Sigv2Claim> read_header_claim(const RequestView& request, std::int64_t now_ms) {
  constexpr std::size_t prefix_bytes = std::string_view("AWS ").size();
  Sigv2Claim claim;
  std::string kept;
  const std::string_view authorization = joined_header(request.headers, "authorization", kept);
  const std::string_view value = authorization.substr(std::min(prefix_bytes, authorization.size()));
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == value.size()) {
    SignatureErrorDetail facts;
    facts.argument_value = authorization;
    return fail(make_signature_error(
        SignatureStyle::s3, SignatureReason::unsupported_authorization,
        "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
        std::move(facts)));
  }
  claim.access_key = value.substr(0, colon);
  claim.signature = value.substr(colon + 1);
  claim.security_token = header_or_parameter(request, "x-amz-security-token", false);
  const auto at_ms = moment_of(request, claim);
  if (!at_ms)
    return denied(SignatureReason::missing_date,
                  "AWS authentication requires a valid Date or x-amz-date header", claim, now_ms);
  if (*at_ms < now_ms - kMaxClockSkewMs || *at_ms > now_ms + kMaxClockSkewMs) {
    SignatureErrorDetail facts;
    facts.access_key = claim.access_key;
    facts.request_time = to_amz_date(*at_ms);
    facts.server_time_ms = now_ms;
    return fail(make_signature_error(
        SignatureStyle::s3, SignatureReason::time_skewed,
        "The difference between the request time and the current time is too large.",
        std::move(facts)));
  }
  return claim;
}

}  // namespace

std::string sigv2_signature(std::string_view secret_access_key, std::string_view to_sign) {
  return to_base64(as_view(hmac_sha1(secret_access_key, to_sign)));
}

std::string sigv2_string_to_sign(const RequestView& request, std::string_view moment,
                                 bool presigned, std::string_view bucket) {
  std::string out;
  out.append(request.method).append("\n");
  out.append(header_or_parameter(request, "content-md5", presigned)).append("\n");
  out.append(header_or_parameter(request, "content-type", presigned)).append("\n");
  out.append(moment).append("\n");
  append_amz_headers(out, request, presigned);
  append_resource(out, request, bucket);
  return out;
}

Result<Sigv2Claim> read_sigv2_claim(const RequestView& request, AuthScheme scheme,
                                    std::int64_t now_ms) {
  DYAD_TRY_ASSIGN(Sigv2Claim claim, scheme == AuthScheme::sigv2_query
                                        ? read_query_claim(request, now_ms)
                                        : read_header_claim(request, now_ms));
  DYAD_TRY(refuse_unsigned_headers(request, claim, now_ms));
  return claim;
}

Result<> verify_sigv2(const RequestView& request, const Sigv2Claim& claim, std::string_view bucket,
                      std::string_view secret_access_key) {
  const std::string to_sign = sigv2_string_to_sign(request, claim.moment, claim.presigned, bucket);
  Result<> verified =
      verify_sigv2_policy(to_sign, claim.access_key, claim.signature, secret_access_key);
  // Some clients, botocore among them, sign "/bucket/" for a request to "/bucket".
  const bool names_bucket_only = bucket.empty() && request.path.size() > 1 &&
                                 request.path.find('/', 1) == std::string_view::npos;
  if (verified || !names_bucket_only) return verified;
  const std::string with_slash = std::string(request.path) + "/";
  RequestView slashed = request;
  slashed.path = with_slash;
  const std::string other = sigv2_string_to_sign(slashed, claim.moment, claim.presigned, bucket);
  if (verify_sigv2_policy(other, claim.access_key, claim.signature, secret_access_key)) return {};
  return verified;
}

Result<> verify_sigv2_policy(std::string_view policy, std::string_view access_key,
                             std::string_view signature, std::string_view secret_access_key) {
  if (constant_time_equal(sigv2_signature(secret_access_key, policy), signature)) return {};
  SignatureErrorDetail facts;
  facts.access_key = access_key;
  facts.signature_provided = signature;
  facts.string_to_sign = policy;
  return fail(mismatch_error(SignatureStyle::s3, std::move(facts)));
}

std::string presign_sigv2(const RequestView& request, std::string_view bucket,
                          std::string_view access_key_id, std::string_view secret_access_key,
                          std::int64_t expires_s) {
  const std::string expires = std::to_string(expires_s);
  const std::string signature =
      sigv2_signature(secret_access_key, sigv2_string_to_sign(request, expires, true, bucket));
  std::string query(request.query);
  if (!query.empty()) query.push_back('&');
  query.append("AWSAccessKeyId=");
  append_uri_encoded(query, access_key_id, false);
  query.append("&Signature=");
  append_uri_encoded(query, signature, false);
  query.append("&Expires=").append(expires);
  return query;
}

std::string sigv2_authorization(const RequestView& request, std::string_view bucket,
                                std::string_view access_key_id,
                                std::string_view secret_access_key) {
  const HeaderView* date = find_header(request.headers, "date");
  const bool dated = find_header(request.headers, "x-amz-date") == nullptr && date != nullptr;
  const std::string to_sign =
      sigv2_string_to_sign(request, dated ? date->value : std::string_view(), false, bucket);
  std::string value("AWS ");
  value.append(access_key_id).append(":").append(sigv2_signature(secret_access_key, to_sign));
  return value;
}

}  // namespace dyad::crypto
