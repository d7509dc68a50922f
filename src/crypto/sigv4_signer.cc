#include "crypto/sigv4_signer.h"

#include <algorithm>

#include "crypto/amz_date.h"
#include "crypto/sigv4.h"
#include "crypto/uri_encoding.h"

namespace dyad::crypto {
namespace {

/// The sorted, lower-case, semicolon-joined names of what gets signed.
std::string signed_header_list(std::span<const HeaderView> headers) {
  std::vector<std::string> names;
  for (const HeaderView& header : headers) {
    std::string name(header.name);
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list.push_back(';');
    list += name;
  }
  return list;
}

void append_parameter(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query.push_back('&');
  query.append(name).push_back('=');
  append_uri_encoded(query, value, false);
}

}  // namespace

Sigv4Signer::Sigv4Signer(Credentials credentials, SignatureStyle style, std::string region,
                         std::string service)
    : credentials_(std::move(credentials)),
      style_(style),
      region_(std::move(region)),
      service_(std::move(service)) {}

CredentialScope Sigv4Signer::scope(std::int64_t now_ms) const {
  return {to_amz_date(now_ms).substr(0, 8), region_, service_};
}

const HmacSha256& Sigv4Signer::key(std::int64_t now_ms) {
  return keys_.get(credentials_.access_key_id, credentials_.secret_access_key, scope(now_ms));
}

std::string Sigv4Signer::signature_of(const RequestView& request, std::string_view signed_headers,
                                      std::string_view payload_hash, std::string_view amz_date) {
  const CredentialScope scope{std::string(amz_date.substr(0, 8)), region_, service_};
  std::string canonical, to_sign;
  append_canonical_request(canonical, request, style_, signed_headers, payload_hash);
  append_string_to_sign(to_sign, amz_date, scope, canonical);
  const HmacSha256& key =
      keys_.get(credentials_.access_key_id, credentials_.secret_access_key, scope);
  const auto hex = hex_of(key.sign(to_sign));
  return std::string(hex.data(), hex.size());
}

Sigv4Signer::Signed Sigv4Signer::sign(const RequestView& request, std::string_view payload_hash,
                                      std::int64_t now_ms) {
  Signed out;
  const std::string amz_date = to_amz_date(now_ms);
  out.headers.push_back({"x-amz-date", amz_date});
  if (style_ == SignatureStyle::s3)
    out.headers.push_back({"x-amz-content-sha256", std::string(payload_hash)});
  if (!credentials_.session_token.empty())
    out.headers.push_back({"x-amz-security-token", credentials_.session_token});

  std::vector<HeaderView> all(request.headers.begin(), request.headers.end());
  for (const Header& header : out.headers) all.push_back({header.name, header.value});
  RequestView whole = request;
  whole.headers = all;
  const std::string list = signed_header_list(all);
  out.signature = signature_of(whole, list, payload_hash, amz_date);

  std::string authorization(kSigv4Algorithm);
  authorization.append(" Credential=").append(credentials_.access_key_id).append("/");
  authorization.append(scope(now_ms).text()).append(", SignedHeaders=").append(list);
  authorization.append(", Signature=").append(out.signature);
  out.headers.push_back({"authorization", std::move(authorization)});
  return out;
}

std::string Sigv4Signer::presign(const RequestView& request, std::string_view payload_hash,
                                 std::int64_t expires_s, std::int64_t now_ms) {
  const std::string amz_date = to_amz_date(now_ms);
  const std::string list = signed_header_list(request.headers);
  std::string query(request.query);
  append_parameter(query, "X-Amz-Algorithm", kSigv4Algorithm);
  append_parameter(query, "X-Amz-Credential",
                   credentials_.access_key_id + "/" + scope(now_ms).text());
  append_parameter(query, "X-Amz-Date", amz_date);
  append_parameter(query, "X-Amz-Expires", std::to_string(expires_s));
  if (!credentials_.session_token.empty())
    append_parameter(query, "X-Amz-Security-Token", credentials_.session_token);
  append_parameter(query, "X-Amz-SignedHeaders", list);
  RequestView whole = request;
  whole.query = query;
  const std::string signature = signature_of(whole, list, payload_hash, amz_date);
  append_parameter(query, kSignatureParameter, signature);
  return query;
}

}  // namespace dyad::crypto
