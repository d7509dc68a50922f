// Taking apart what a request says about its signature, and the checks that need no secret.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "crypto/amz_date.h"
#include "crypto/query_parameters.h"
#include "crypto/sigv4.h"

namespace dyad::crypto {
namespace {

constexpr std::size_t kMaxSignedHeaders = 200;

struct Context {
  const RequestView& request;
  const Sigv4Rules& rules;
  std::int64_t now_ms;
  bool presigned;

  bool s3() const { return rules.style == SignatureStyle::s3; }
};

/// S3 has one code for a bad Authorization header and another for bad query parameters.
std::unexpected<Error> malformed(const Context& c, SignatureReason reason, std::string s3_text,
                                 std::string other_text, SignatureErrorDetail facts = {}) {
  if (!c.s3())
    return fail(
        make_signature_error(c.rules.style, reason, std::move(other_text), std::move(facts)));
  if (c.presigned) {
    facts.aws_code = "AuthorizationQueryParametersError";
    facts.http_status = 400;
  }
  return fail(make_signature_error(c.rules.style, reason, std::move(s3_text), std::move(facts)));
}

std::string_view malformed_prefix(const Context& c) {
  return c.presigned ? "Error parsing the X-Amz-Credential parameter; "
                     : "The authorization header is malformed; ";
}

std::string_view header_value(const Context& c, std::string_view name) {
  const HeaderView* header = find_header(c.request.headers, name);
  return header == nullptr ? std::string_view{} : header->value;
}

std::string header_list(const Context& c, std::string_view name) {
  std::string kept;
  return std::string(joined_header(c.request.headers, name, kept));
}

/// Splits "AKID/20130524/us-east-1/s3/aws4_request" and compares it with what the server is.
Result<> read_credential(const Context& c, std::string_view credential, Sigv4Claim& claim) {
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  for (std::string_view rest = credential;; ++count) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (count < parts.size()) parts[count] = rest.substr(0, slash);
    if (slash == rest.size()) break;
    rest.remove_prefix(slash + 1);
  }
  if (count + 1 != parts.size() || parts[0].empty()) {
    return malformed(c, SignatureReason::malformed,
                     fmt::format("{}the Credential is mal-formed; expecting "
                                 "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
                                 malformed_prefix(c)),
                     fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                                 "keyid/date/region/service/term, got '{}'",
                                 credential));
  }
  claim.access_key = parts[0];
  claim.scope = {std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};

  const auto facts = [&claim] {
    SignatureErrorDetail of_claim;
    of_claim.access_key = claim.access_key;
    return of_claim;
  };
  if (parts[4] != "aws4_request") {
    return malformed(
        c, SignatureReason::wrong_scope,
        fmt::format("{}incorrect terminal \"{}\". This endpoint uses \"aws4_request\".",
                    malformed_prefix(c), parts[4]),
        fmt::format(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
            parts[4]),
        facts());
  }
  if (parts[3] != c.rules.service) {
    return malformed(
        c, SignatureReason::wrong_scope,
        fmt::format("{}incorrect service \"{}\". This endpoint belongs to \"{}\".",
                    malformed_prefix(c), parts[3], c.rules.service),
        fmt::format("Credential should be scoped to correct service: '{}'. ", c.rules.service),
        facts());
  }
  if (parts[2] != c.rules.region) {
    SignatureErrorDetail with_region = facts();
    if (c.s3()) with_region.expected_region = c.rules.region;
    return malformed(c, SignatureReason::wrong_scope,
                     fmt::format("{}the region '{}' is wrong; expecting '{}'", malformed_prefix(c),
                                 parts[2], c.rules.region),
                     "Credential should be scoped to a valid region. ", std::move(with_region));
  }
  return {};
}

Result<> check_scope_date(const Context& c, const Sigv4Claim& claim) {
  if (std::string_view(claim.amz_date).substr(0, 8) == claim.scope.date) return {};
  return malformed(
      c, SignatureReason::wrong_scope,
      fmt::format(
          "{}Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
          malformed_prefix(c), claim.scope.date, claim.amz_date.substr(0, 8)),
      fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                  "from HTTP: '{}' != '{}', from '{}'.",
                  claim.scope.date, claim.amz_date.substr(0, 8), claim.amz_date));
}

std::unexpected<Error> time_error(const Context& c, const Sigv4Claim& claim, SignatureReason reason,
                                  std::string message, std::int64_t expired_at_ms = 0) {
  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.request_time = claim.amz_date;
  facts.expired_at_ms = expired_at_ms;
  facts.server_time_ms = c.now_ms;
  facts.expires_s = claim.expires_s;
  return fail(make_signature_error(c.rules.style, reason, std::move(message), std::move(facts)));
}

Result<> check_clock(const Context& c, const Sigv4Claim& claim, std::int64_t signed_at_ms) {
  if (signed_at_ms > c.now_ms + kMaxClockSkewMs) {
    if (!c.s3()) {
      return time_error(
          c, claim, c.presigned ? SignatureReason::not_yet_valid : SignatureReason::time_skewed,
          fmt::format("Signature not yet current: {} is still later than {} ({} + 15 min.)",
                      claim.amz_date, to_amz_date(c.now_ms + kMaxClockSkewMs),
                      to_amz_date(c.now_ms)));
    }
    if (c.presigned)
      return time_error(c, claim, SignatureReason::not_yet_valid, "Request is not valid yet");
  }
  const std::int64_t lifetime_ms = c.presigned ? claim.expires_s * 1000 : kMaxClockSkewMs;
  const bool too_old = signed_at_ms + lifetime_ms < c.now_ms;
  if (c.presigned && too_old && c.s3())
    return time_error(c, claim, SignatureReason::expired, "Request has expired",
                      signed_at_ms + lifetime_ms);
  if (!c.s3() && too_old) {
    return time_error(c, claim,
                      c.presigned ? SignatureReason::expired : SignatureReason::time_skewed,
                      fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)",
                                  claim.amz_date, to_amz_date(c.now_ms - lifetime_ms),
                                  to_amz_date(c.now_ms), lifetime_ms / 60'000));
  }
  if (too_old || (!c.presigned && signed_at_ms > c.now_ms + kMaxClockSkewMs))
    return time_error(c, claim, SignatureReason::time_skewed,
                      "The difference between the request time and the current time is too large.");
  return {};
}

bool lists(std::string_view signed_headers, std::string_view name) {
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    if (same_header_name(rest.substr(0, end), name)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool must_be_signed(std::string_view header_name) {
  if (header_name.empty() || (header_name.front() | 0x20) != 'x') return false;
  return (header_name.size() > 6 && same_header_name(header_name.substr(0, 6), "x-amz-")) ||
         (header_name.size() > 7 && same_header_name(header_name.substr(0, 7), "x-dyad-"));
}

/// host and every x-amz-* header that came must be signed; else an attacker could add some. The
/// body's hash is bound by the last line of the canonical request and may stay out of a presigned
/// list.
Result<> check_signed_headers(const Context& c, const Sigv4Claim& claim) {
  const auto& list = claim.signed_headers;
  const auto separators = static_cast<std::size_t>(std::ranges::count(list, ';'));
  const bool upper = std::ranges::any_of(list, [](char ch) { return ch >= 'A' && ch <= 'Z'; });
  if (upper || separators >= kMaxSignedHeaders) {
    return malformed(
        c, SignatureReason::malformed,
        fmt::format("{}the SignedHeaders list must be lower case and have at most {} names.",
                    malformed_prefix(c), kMaxSignedHeaders),
        fmt::format("SignedHeaders must be lower case and have at most {} names.",
                    kMaxSignedHeaders));
  }
  std::string not_signed;
  const auto note = [&not_signed](std::string_view name) {
    if (!not_signed.empty()) not_signed += ", ";
    for (const char ch : name)
      not_signed += ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch | 0x20) : ch;
  };
  if (!lists(list, "host")) note("host");
  for (const HeaderView& header : c.request.headers) {
    if (!must_be_signed(header.name)) continue;
    if (lists(list, header.name)) continue;
    if (c.presigned && same_header_name(header.name, "x-amz-content-sha256")) continue;
    note(header.name);
  }
  if (not_signed.empty()) return {};
  SignatureErrorDetail facts;
  facts.access_key = claim.access_key;
  facts.headers_not_signed = not_signed;
  return fail(make_signature_error(
      c.rules.style, SignatureReason::unsigned_headers,
      c.s3() ? "There were headers present in the request which were not signed"
             : fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.",
                           not_signed == "host" ? "Host' or ':authority" : not_signed),
      std::move(facts)));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The scheme of an Authorization header: up to the first blank.
std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find(' '), text.find('\t')));
}

struct HeaderFields {
  std::string_view credential, signed_headers, signature;
};

/// A field that is there twice counts as missing.
HeaderFields split_authorization(std::string_view value) {
  HeaderFields fields;
  const auto take = [](std::string_view& field, std::string_view text, bool& repeated) {
    repeated = repeated || !field.empty();
    field = text;
  };
  bool repeated = false;
  value.remove_prefix(first_word(value).size());
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view field = trimmed(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view text = field.substr(std::min(equals + 1, field.size()));
    if (field.substr(0, equals) == "Credential") take(fields.credential, text, repeated);
    if (field.substr(0, equals) == "SignedHeaders") take(fields.signed_headers, text, repeated);
    if (field.substr(0, equals) == "Signature") take(fields.signature, text, repeated);
  }
  return repeated ? HeaderFields() : fields;
}

Result<> check_fields(const Context& c, const HeaderFields& fields) {
  if (!fields.credential.empty() && !fields.signed_headers.empty() && !fields.signature.empty())
    return {};
  std::string missing;
  std::string_view first;
  const auto require = [&](std::string_view field, std::string_view name) {
    if (!field.empty()) return;
    if (first.empty()) first = name;
    missing += fmt::format("Authorization header requires '{}' parameter. ", name);
  };
  require(fields.credential, "Credential");
  require(fields.signature, "Signature");
  require(fields.signed_headers, "SignedHeaders");
  return malformed(
      c, SignatureReason::malformed,
      fmt::format("The authorization header is malformed; the authorization header requires three "
                  "components: Credential, SignedHeaders, and Signature."),
      missing);
}

/// x-amz-date, or else Date in either of its two forms.
Result<std::int64_t> read_header_date(const Context& c, Sigv4Claim& claim) {
  claim.amz_date = header_list(c, "x-amz-date");
  if (claim.amz_date.empty()) {
    const std::string date = header_list(c, "date");
    if (const auto at = parse_http_date(date))
      claim.amz_date = to_amz_date(*at);
    else
      claim.amz_date = date;
  }
  if (const auto at = parse_amz_date(claim.amz_date)) return *at;
  return fail(
      make_signature_error(c.rules.style, SignatureReason::missing_date,
                           c.s3() ? "AWS authentication requires a valid Date or x-amz-date header"
                                  : "Authorization header requires existence of either a "
                                    "'X-Amz-Date' or a 'Date' header."));
}

Result<Sigv4Claim> read_header_claim(const Context& c) {
  std::string kept;
  const std::string_view authorization = joined_header(c.request.headers, "authorization", kept);
  if (first_word(authorization) != kSigv4Algorithm) {
    return fail(unsupported_version_error(c.rules.style));
  }
  const HeaderFields fields = split_authorization(authorization);
  DYAD_TRY(check_fields(c, fields));
  Sigv4Claim claim;
  claim.signed_headers = fields.signed_headers;
  claim.signature = fields.signature;
  claim.security_token = header_list(c, "x-amz-security-token");
  DYAD_TRY(read_credential(c, fields.credential, claim));
  DYAD_TRY_ASSIGN(const std::int64_t signed_at_ms, read_header_date(c, claim));
  DYAD_TRY(check_scope_date(c, claim));
  DYAD_TRY(check_clock(c, claim, signed_at_ms));
  DYAD_TRY(check_signed_headers(c, claim));
  claim.payload_hash = header_list(c, "x-amz-content-sha256");
  if (c.s3() && claim.payload_hash.empty())
    return fail(
        make_signature_error(c.rules.style, SignatureReason::missing_content_sha256,
                             "Missing required header for this request: x-amz-content-sha256"));
  return claim;
}

Result<std::int64_t> read_expires(const Context& c, std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const auto wrong = [&c](std::string message) {
    return malformed(c, SignatureReason::malformed, message, message);
  };
  if (error == std::errc::result_out_of_range && !text.starts_with('-'))
    seconds = kMaxPresignedSeconds + 1;
  else if (error != std::errc{} || end != text.data() + text.size())
    return wrong("X-Amz-Expires should be a number");
  if (seconds < 0) return wrong("X-Amz-Expires must be non-negative");
  if (seconds > kMaxPresignedSeconds)
    return wrong(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be "
        "less than 604800 seconds");
  return seconds;
}

/// What a query and a form have in common.
Result<std::int64_t> read_parameters(const Context& c, std::string_view algorithm,
                                     std::string_view credential, std::string_view date,
                                     Sigv4Claim& claim) {
  if (algorithm != kSigv4Algorithm) {
    const std::string text =
        "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"";
    return malformed(c, SignatureReason::unsupported_algorithm, text, text);
  }
  DYAD_TRY(read_credential(c, credential, claim));
  const auto signed_at_ms = parse_amz_date(date);
  if (!signed_at_ms) {
    const std::string text =
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
    return malformed(c, SignatureReason::missing_date, text, text);
  }
  claim.amz_date = date;
  DYAD_TRY(check_scope_date(c, claim));
  return *signed_at_ms;
}

Result<Sigv4Claim> read_query_claim(const Context& c) {
  const auto get = [&c](std::string_view name) {
    return joined_query_parameter(c.request.query, name);
  };
  const std::string algorithm = get("X-Amz-Algorithm"), credential = get("X-Amz-Credential");
  const std::string date = get("X-Amz-Date");
  std::string expires = get("X-Amz-Expires");
  // Services other than S3 take 15 minutes for granted when nothing is said.
  if (!c.s3() && expires.empty()) expires = "900";
  Sigv4Claim claim;
  claim.presigned = true;
  claim.signature = get(kSignatureParameter);
  claim.signed_headers = get("X-Amz-SignedHeaders");
  if (algorithm.empty() || credential.empty() || date.empty() || expires.empty() ||
      claim.signature.empty() || claim.signed_headers.empty()) {
    const std::string_view text =
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    return malformed(c, SignatureReason::malformed, std::string(text), std::string(text));
  }
  DYAD_TRY_ASSIGN(const std::int64_t signed_at_ms,
                  read_parameters(c, algorithm, credential, date, claim));
  DYAD_TRY_ASSIGN(claim.expires_s, read_expires(c, expires));
  DYAD_TRY(check_clock(c, claim, signed_at_ms));
  DYAD_TRY(check_signed_headers(c, claim));
  claim.security_token = get("X-Amz-Security-Token");
  // Signers may name the body's hash in the query or in a header; without either, S3's is unsigned.
  claim.payload_hash = get("X-Amz-Content-Sha256");
  if (claim.payload_hash.empty()) claim.payload_hash = header_list(c, "x-amz-content-sha256");
  if (claim.payload_hash.empty() && c.s3()) claim.payload_hash = kUnsignedPayload;
  return claim;
}

Error several_mechanisms(const Context& c) {
  SignatureErrorDetail facts;
  facts.argument_value = header_value(c, "authorization");
  return make_signature_error(
      c.rules.style, SignatureReason::unsupported_authorization,
      c.s3() ? "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
               "Signature query string parameter or the Authorization header should be specified"
             : "A request is signed in its Authorization header or in its query, not in both.",
      std::move(facts));
}

}  // namespace

Error unsupported_authorization_error(const RequestView& request, SignatureStyle style) {
  SignatureErrorDetail facts;
  if (const HeaderView* header = find_header(request.headers, "authorization"))
    facts.argument_value = header->value;
  return make_signature_error(style, SignatureReason::unsupported_authorization,
                              style == SignatureStyle::s3
                                  ? "Unsupported Authorization Type"
                                  : "Authorization header requires 'AWS4-HMAC-SHA256'.",
                              std::move(facts));
}

Error unsupported_version_error(SignatureStyle style) {
  return make_signature_error(
      style, SignatureReason::unsupported_algorithm,
      style == SignatureStyle::s3
          ? "The authorization mechanism you have provided is not "
            "supported. Please use AWS4-HMAC-SHA256."
          : "Unsupported AWS 'algorithm': only AWS4-HMAC-SHA256 is served.");
}

Result<Sigv4Claim> read_sigv4_form_claim(const Sigv4FormFields& fields, const Sigv4Rules& rules,
                                         std::int64_t now_ms) {
  const RequestView none;
  const Context context{none, rules, now_ms, true};
  Sigv4Claim claim;
  claim.presigned = true;
  claim.signature = fields.signature;
  claim.expires_s = kMaxPresignedSeconds;
  DYAD_TRY_ASSIGN(
      const std::int64_t signed_at_ms,
      read_parameters(context, fields.algorithm, fields.credential, fields.date, claim));
  DYAD_TRY(check_clock(context, claim, signed_at_ms));
  return claim;
}

Result<Sigv4Claim> read_sigv4_claim(const RequestView& request, AuthScheme scheme,
                                    const Sigv4Rules& rules, std::int64_t now_ms) {
  const Context context{request, rules, now_ms, scheme == AuthScheme::sigv4_query};
  if (context.presigned) return read_query_claim(context);
  if (scheme == AuthScheme::sigv4_header) return read_header_claim(context);
  if (scheme == AuthScheme::several) return fail(several_mechanisms(context));
  if (scheme == AuthScheme::sigv2_header || scheme == AuthScheme::sigv2_query)
    return fail(unsupported_version_error(rules.style));
  if (scheme == AuthScheme::unknown)
    return fail(unsupported_authorization_error(request, rules.style));
  return fail(make_signature_error(
      rules.style, SignatureReason::missing,
      context.s3() ? "Access Denied" : "Request is missing Authentication Token"));
}

}  // namespace dyad::crypto
