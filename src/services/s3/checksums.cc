#include "services/s3/checksums.h"

#include "base/bytes.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using crypto::ChecksumKind;

constexpr std::string_view kChecksumHeaderPrefix = "x-amz-checksum-";
constexpr std::string_view kUnservedChecksums[] = {
    "x-amz-checksum-xxhash64", "x-amz-checksum-xxhash3", "x-amz-checksum-xxhash128"};

Error several_checksums() {
  return invalid_request(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

Result<std::optional<std::string>> parse_content_md5(
    const std::optional<std::string_view>& header) {
  if (!header) return std::optional<std::string>();
  std::optional<std::string> raw = from_base64(*header);
  if (raw && raw->size() == crypto::Md5::kBytes) return raw;
  return fail(protocol::with_field(protocol::service_error(model::errors::kInvalidDigest),
                                   "Content-MD5", std::string(*header)));
}

/// The kind that a header names; `found` says that one did.
Result<> take_header(const IntegrityHeaders& headers, IntegrityPlan& plan, bool& found) {
  for (const ChecksumKind kind : crypto::kAllChecksumKinds) {
    const std::optional<std::string_view>& text = headers.checksums[static_cast<std::size_t>(kind)];
    if (!text) continue;
    if (found) return fail(several_checksums());
    found = true;
    plan.kind = kind;
    plan.expected = crypto::parse_checksum_text(kind, *text);
    if (!plan.expected)
      return fail(invalid_request("Value for " + std::string(crypto::header_of(kind)) +
                                  " header is invalid."));
  }
  return {};
}

Result<> take_trailer(std::string_view announced, IntegrityPlan& plan, bool& found) {
  for (const std::string& name : protocol::parse_trailer_names(announced)) {
    if (!name.starts_with(kChecksumHeaderPrefix)) continue;
    if (found) return fail(several_checksums());
    found = true;
    const std::optional<ChecksumKind> kind = crypto::checksum_kind_of_header(name);
    if (!kind) return fail(header_not_implemented(name));
    plan.kind = *kind;
    plan.in_trailer = true;
  }
  return {};
}

Error bad_checksum(ChecksumKind kind) {
  return protocol::service_error(model::errors::kBadDigest,
                                 "The " + std::string(crypto::name_of(kind)) +
                                     " you specified did not match the calculated checksum.");
}

Error bad_md5(std::string_view expected, std::string_view calculated) {
  Error error = protocol::service_error(model::errors::kBadDigest);
  // S3 writes the expected one in hexadecimal and the calculated one in base64.
  error = protocol::with_field(std::move(error), "ExpectedDigest", to_hex(expected));
  return protocol::with_field(std::move(error), "CalculatedDigest", to_base64(calculated));
}

Result<std::string> expected_from_trailer(ChecksumKind kind,
                                          const std::vector<protocol::AwsTrailer>* trailers) {
  const std::string_view name = crypto::header_of(kind);
  if (trailers != nullptr) {
    for (const protocol::AwsTrailer& trailer : *trailers) {
      if (trailer.name != name) continue;
      if (auto raw = crypto::parse_checksum_text(kind, trailer.value)) return std::move(*raw);
      break;
    }
  }
  return fail(invalid_request("Value for " + std::string(name) + " trailing header is invalid."));
}

}  // namespace

IntegrityHeaders IntegrityHeaders::of(const api::RequestContext& context) {
  const auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
    const http::Header* header = crypto::find_header(context.headers, name);
    if (header == nullptr) return std::nullopt;
    return header->value;
  };
  IntegrityHeaders headers;
  headers.content_md5 = value_of("content-md5");
  headers.algorithm = value_of("x-amz-sdk-checksum-algorithm");
  for (const ChecksumKind kind : crypto::kAllChecksumKinds)
    headers.checksums[static_cast<std::size_t>(kind)] = value_of(crypto::header_of(kind));
  for (const std::string_view name : kUnservedChecksums)
    if (value_of(name)) headers.unserved = name;
  headers.announced_trailers = context.announced_trailers;
  return headers;
}

Result<IntegrityPlan> plan_integrity(const IntegrityHeaders& headers) {
  IntegrityPlan plan;
  if (!headers.unserved.empty()) return fail(header_not_implemented(headers.unserved));
  DYAD_TRY_ASSIGN(plan.content_md5, parse_content_md5(headers.content_md5));
  bool found = false;
  DYAD_TRY(take_header(headers, plan, found));
  DYAD_TRY(take_trailer(headers.announced_trailers, plan, found));
  if (!headers.algorithm) return plan;
  const std::optional<ChecksumKind> named = crypto::checksum_kind_of(*headers.algorithm);
  if (!found)
    return fail(invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found."));
  if (!named || *named != plan.kind)
    return fail(invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid."));
  return plan;
}

Result<> check_integrity(const IntegrityPlan& plan, const BodyDigests& digests,
                         const std::vector<protocol::AwsTrailer>* trailers) {
  if (plan.content_md5 && *plan.content_md5 != digests.md5)
    return fail(bad_md5(*plan.content_md5, digests.md5));
  if (plan.in_trailer) {
    DYAD_TRY_ASSIGN(const std::string expected, expected_from_trailer(plan.kind, trailers));
    if (expected != digests.checksum) return fail(bad_checksum(plan.kind));
  } else if (plan.expected && *plan.expected != digests.checksum) {
    return fail(bad_checksum(plan.kind));
  }
  return {};
}

Result<> check_document(const api::RequestContext& context) {
  DYAD_TRY_ASSIGN(const IntegrityPlan plan, plan_integrity(IntegrityHeaders::of(context)));
  if (!plan.content_md5 && !plan.expected && !plan.in_trailer)
    return fail(invalid_request(
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"));
  if (context.document.empty())
    return fail(protocol::service_error(model::errors::kMissingRequestBodyError));
  BodyDigests digests;
  crypto::Md5 md5;
  md5.update(context.document);
  digests.md5 = crypto::as_view(md5.finish());
  crypto::Checksum checksum(plan.kind);
  checksum.update(context.document);
  digests.checksum = checksum.finish();
  return check_integrity(plan, digests, context.trailers);
}

}  // namespace dyad::s3
