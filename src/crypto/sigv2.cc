#include "crypto/sigv2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

#include "base/bytes.h"
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
std::string header_or_parameter(const RequestView& request, std::string_view name) {
  std::string out;
  if (const HeaderView* header = find_header(request.headers, name)) {
    append_canonical_value(out, header->value);
    return out;
  }
  return query_parameter(request.query, name).value_or("");
}

/// x-amz-* headers, and parameters of such names, in lower case, sorted, one a line.
void append_amz_headers(std::string& out, const RequestView& request) {
  std::map<std::string, std::string> lines;
  for (const HeaderView& header : request.headers) {
    std::string name = lower(header.name.substr(0, 6)) == "x-amz-" ? lower(header.name) : "";
    if (name.empty()) continue;
    std::string& value = lines[name];
    if (!value.empty()) value.push_back(',');
    append_canonical_value(value, header.value);
  }
  std::string_view rest = request.query;
  while (const auto parameter = next_query_parameter(rest)) {
    std::string name = lower(parameter->name);
    if (name.starts_with("x-amz-")) lines.emplace(std::move(name), decoded(parameter->value));
  }
  for (const auto& [name, value] : lines) out.append(name).append(":").append(value).append("\n");
}

void append_resource(std::string& out, const RequestView& request, std::string_view bucket) {
  if (!bucket.empty()) out.append("/").append(bucket);
  out.append(request.path.empty() ? std::string_view("/") : request.path);
  std::vector<QueryParameter> kept;
  std::string_view rest = request.query;
  while (const auto parameter = next_query_parameter(rest))
    if (std::ranges::binary_search(kSubresources, parameter->name)) kept.push_back(*parameter);
  std::ranges::stable_sort(kept, {}, &QueryParameter::name);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    out.append(i == 0 ? "?" : "&").append(kept[i].name);
    if (kept[i].has_value) out.append("=").append(decoded(kept[i].value));
  }
}

std::string signature_of(std::string_view secret_access_key, std::string_view to_sign) {
  return to_base64(as_view(hmac_sha1(secret_access_key, to_sign)));
}

std::unexpected<Error> denied(SignatureReason reason, std::string message, const Sigv2Claim& claim,
                              std::int64_t now_ms) {
  SignatureErrorDetail facts;
  facts.aws_code = "AccessDenied";
  facts.access_key = claim.access_key;
  facts.request_time = claim.expires;
  facts.server_time_ms = now_ms;
  return fail(
      make_signature_error(SignatureStyle::s3, reason, std::move(message), std::move(facts)));
}

}  // namespace

std::string sigv2_string_to_sign(const RequestView& request, std::string_view expires,
                                 std::string_view bucket) {
  std::string out;
  out.append(request.method).append("\n");
  out.append(header_or_parameter(request, "content-md5")).append("\n");
  out.append(header_or_parameter(request, "content-type")).append("\n");
  out.append(expires).append("\n");
  append_amz_headers(out, request);
  append_resource(out, request, bucket);
  return out;
}

Result<Sigv2Claim> read_sigv2_claim(const RequestView& request, std::int64_t now_ms) {
  Sigv2Claim claim;
  claim.access_key = query_parameter(request.query, "AWSAccessKeyId").value_or("");
  claim.signature = query_parameter(request.query, "Signature").value_or("");
  claim.expires = query_parameter(request.query, "Expires").value_or("");
  claim.security_token = header_or_parameter(request, "x-amz-security-token");
  if (claim.access_key.empty() || claim.signature.empty() || claim.expires.empty())
    return denied(
        SignatureReason::malformed,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        claim, now_ms);
  std::int64_t expires_s = 0;
  const char* const end = claim.expires.data() + claim.expires.size();
  const auto parsed = std::from_chars(claim.expires.data(), end, expires_s);
  if (parsed.ec != std::errc{} || parsed.ptr != end)
    return denied(SignatureReason::malformed,
                  "Invalid date (should be seconds since epoch): " + claim.expires, claim, now_ms);
  if (expires_s < now_ms / 1000)
    return denied(SignatureReason::expired, "Request has expired", claim, now_ms);
  return claim;
}

Result<> verify_sigv2(const RequestView& request, const Sigv2Claim& claim, std::string_view bucket,
                      std::string_view secret_access_key) {
  std::string to_sign = sigv2_string_to_sign(request, claim.expires, bucket);
  if (constant_time_equal(signature_of(secret_access_key, to_sign), claim.signature)) return {};
  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.signature_provided = claim.signature;
  facts.string_to_sign = std::move(to_sign);
  return fail(
      make_signature_error(SignatureStyle::s3, SignatureReason::mismatch,
                           "The request signature we calculated does not match the signature you "
                           "provided. Check your key and signing method.",
                           std::move(facts)));
}

std::string presign_sigv2(const RequestView& request, std::string_view bucket,
                          std::string_view access_key_id, std::string_view secret_access_key,
                          std::int64_t expires_s) {
  const std::string expires = std::to_string(expires_s);
  const std::string signature =
      signature_of(secret_access_key, sigv2_string_to_sign(request, expires, bucket));
  std::string query(request.query);
  if (!query.empty()) query.push_back('&');
  query.append("AWSAccessKeyId=");
  append_uri_encoded(query, access_key_id, false);
  query.append("&Signature=");
  append_uri_encoded(query, signature, false);
  query.append("&Expires=").append(expires);
  return query;
}

}  // namespace dyad::crypto
