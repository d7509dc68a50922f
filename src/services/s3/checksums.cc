#include "services/s3/checksums.h"

#include "base/bytes.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using crypto::ChecksumKind;

constexpr std::string_view kChecksumHeaderPrefix = "x-amz-checksum-";

Error several_checksums() {
  return invalid_request(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

Result<> refuse_unserved_kinds(const model::PutObjectInput& input) {
  if (input.checksum_xxhash64) return fail(header_not_implemented("x-amz-checksum-xxhash64"));
  if (input.checksum_xxhash3) return fail(header_not_implemented("x-amz-checksum-xxhash3"));
  if (input.checksum_xxhash128) return fail(header_not_implemented("x-amz-checksum-xxhash128"));
  return {};
}

Result<std::optional<std::string>> parse_content_md5(const std::optional<std::string>& header) {
  if (!header) return std::optional<std::string>();
  std::optional<std::string> raw = from_base64(*header);
  if (raw && raw->size() == crypto::Md5::kBytes) return raw;
  return fail(protocol::with_field(protocol::service_error(model::errors::kInvalidDigest),
                                   "Content-MD5", *header));
}

/// The kind that a header names; `found` says that one did.
Result<> take_header(model::PutObjectInput& input, IntegrityPlan& plan, bool& found) {
  for (const ChecksumKind kind : crypto::kAllChecksumKinds) {
    const std::optional<std::string>& text = checksum_member(input, kind);
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

Result<IntegrityPlan> plan_integrity(model::PutObjectInput& input,
                                     std::string_view announced_trailers) {
  IntegrityPlan plan;
  DYAD_TRY(refuse_unserved_kinds(input));
  DYAD_TRY_ASSIGN(plan.content_md5, parse_content_md5(input.content_md5));
  bool found = false;
  DYAD_TRY(take_header(input, plan, found));
  DYAD_TRY(take_trailer(announced_trailers, plan, found));
  if (!input.checksum_algorithm) return plan;
  const std::optional<ChecksumKind> named = crypto::checksum_kind_of(*input.checksum_algorithm);
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

}  // namespace dyad::s3
