// A head, and what it says of who sent it. No signature that was not made with the secret passes;
// every request that is signed with it does.

#include <string>
#include <vector>

#include "crypto/amz_date.h"
#include "crypto/sigv2.h"
#include "crypto/sigv4.h"
#include "crypto/sigv4_signer.h"
#include "crypto/uri_encoding.h"
#include "fuzz/fuzz_input.h"
#include "http/head_parser.h"

namespace dyad::fuzz {
namespace {

using namespace crypto;

constexpr std::string_view kAccessKey = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "of this target alone";
constexpr std::string_view kRegion = "us-east-1";
constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::int64_t moment() {
  return *parse_amz_date("20260102T030405Z");
}

Sigv4Rules rules_of(SignatureStyle style) {
  return {style, kRegion, style == SignatureStyle::s3 ? "s3" : "dynamodb"};
}

Result<> verified(const RequestView& request, SignatureStyle style) {
  Sigv4Verifier verifier(2);
  DYAD_TRY_ASSIGN(const Sigv4Claim claim,
                  read_sigv4_claim(request, auth_scheme_of(request), rules_of(style), moment()));
  const std::string_view hash =
      style == SignatureStyle::s3 ? std::string_view(claim.payload_hash) : kEmptySha256;
  DYAD_TRY(payload_kind_of(hash));
  DYAD_TRY(verifier.verify(request, claim, style, kSecret, hash));
  return {};
}

void check_claims(const RequestView& request) {
  switch (const AuthScheme scheme = auth_scheme_of(request)) {
    case AuthScheme::sigv4_header:
    case AuthScheme::sigv4_query:
      for (const SignatureStyle style : {SignatureStyle::s3, SignatureStyle::other})
        DYAD_CHECK(!verified(request, style));
      return;
    case AuthScheme::sigv2_header:
    case AuthScheme::sigv2_query: {
      const Result<Sigv2Claim> claim = read_sigv2_claim(request, scheme, moment());
      if (claim) DYAD_CHECK(!verify_sigv2(request, *claim, "photos", kSecret));
      return;
    }
    default:
      return unsupported_authorization_error(request, SignatureStyle::s3).message.clear();
  }
}

/// Nothing of it speaks of signatures, so that there is one claim once it is signed.
bool can_be_signed(const http::RequestHead& head) {
  std::string query;
  append_uri_decoded_leniently(query, head.query, true);
  for (char& c : query) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return !head.host.empty() && query.find("x-amz-") == query.npos;
}

bool is_added_by_signing(std::string_view name) {
  for (const std::string_view added :
       {"x-amz-date", "x-amz-security-token", "authorization", "x-amz-content-sha256"})
    if (same_header_name(name, added)) return true;
  return false;
}

Sigv4Signer signer_of(SignatureStyle style) {
  return Sigv4Signer({std::string(kAccessKey), std::string(kSecret), ""}, style,
                     std::string(kRegion), std::string(rules_of(style).service));
}

void check_signed(const http::RequestHead& head, SignatureStyle style) {
  std::vector<HeaderView> headers;
  for (const HeaderView& header : head.headers)
    if (!is_added_by_signing(header.name)) headers.push_back(header);
  RequestView request{head.method, head.path, head.query, headers};
  if (auth_scheme_of(request) != AuthScheme::anonymous || !can_be_signed(head)) return;
  const Sigv4Signer::Signed made = signer_of(style).sign(request, kEmptySha256, moment());
  for (const Sigv4Signer::Header& header : made.headers)
    headers.push_back({header.name, header.value});
  request.headers = headers;
  DYAD_CHECK(verified(request, style).has_value());
}

void check_presigned(const http::RequestHead& head) {
  const std::vector<HeaderView> headers{{"host", head.host}};
  RequestView request{head.method, head.path, head.query, headers};
  if (auth_scheme_of(request) != AuthScheme::anonymous || !can_be_signed(head)) return;
  const std::string query =
      signer_of(SignatureStyle::s3).presign(request, kUnsignedPayload, 60, moment());
  request.query = query;
  DYAD_CHECK(verified(request, SignatureStyle::s3).has_value());
}

}  // namespace

void check(Input input) {
  http::RequestHead head;
  if (http::parse_request_head(input.rest(), {}, head)) return;
  check_claims(head.signing_view());
  check_signed(head, SignatureStyle::s3);
  check_signed(head, SignatureStyle::other);
  check_presigned(head);
}

}  // namespace dyad::fuzz
