#include "base/ascii.h"
#include "services/s3/operations.h"
#include "services/s3/part_upload.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"

namespace dyad::s3 {
namespace {

using model::UploadPartInput;
using model::UploadPartOutput;

/// Does the request itself say which checksum the bytes have?
bool names_checksum(const IntegrityPlan& plan) {
  return plan.expected || plan.in_trailer;
}

/// A part comes with the checksum that the upload announced; where it announced none, with any.
Result<> check_algorithm(const MultipartUpload& upload, const IntegrityPlan& plan) {
  if (!upload.announced) return {};
  if (names_checksum(plan) && plan.kind == *upload.announced) return {};
  const std::string actual =
      names_checksum(plan) ? ascii_lower(crypto::name_of(plan.kind)) : std::string("null");
  return fail(invalid_request("Checksum Type mismatch occurred, expected checksum Type: " +
                              ascii_lower(crypto::name_of(*upload.announced)) +
                              ", actual checksum Type: " + actual));
}

}  // namespace

Task<Result<UploadPartOutput>> upload_part(S3Service& service, api::RequestContext& context,
                                           UploadPartInput& input) {
  PartSpec spec;
  DYAD_CO_TRY_ASSIGN(spec.target, co_await upload_target(service, context, input));
  if (names_customer_key(input))
    co_return fail(
        invalid_request("The multipart upload initiate requested encryption. Subsequent part "
                        "requests must include the appropriate encryption parameters."));
  spec.number = static_cast<std::uint32_t>(input.part_number);
  spec.trailers = context.trailers;
  DYAD_CO_TRY_ASSIGN(const MultipartUpload upload,
                     co_await find_upload(service, spec.target, context.deadline));
  const IntegrityHeaders headers = IntegrityHeaders::of(input, context.announced_trailers);
  DYAD_CO_TRY_ASSIGN(spec.integrity, plan_integrity(headers));
  DYAD_CO_TRY(check_algorithm(upload, spec.integrity));

  http::BodyReader& body = *context.body;
  const std::function<Deadline()> deadline = [&context] { return context.deadline; };
  DYAD_CO_TRY_ASSIGN(const StoredPart stored,
                     co_await store_part(service, spec, upload, body, deadline));
  UploadPartOutput output;
  output.e_tag = stored.quoted_e_tag();
  if (names_checksum(spec.integrity))
    checksum_member(output, spec.integrity.kind) = stored.checksum_text;
  co_return output;
}

}  // namespace dyad::s3
