#include "services/s3/copy_source.h"
#include "services/s3/operations.h"
#include "services/s3/part_upload.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"

namespace dyad::s3 {
namespace {

using model::UploadPartCopyInput;
using model::UploadPartCopyOutput;

Result<> refuse_keys(const UploadPartCopyInput& input) {
  if (names_customer_key(input)) return fail(header_not_implemented(kCustomerKeyHeader));
  if (names_source_key(input)) return fail(header_not_implemented(kSourceKeyHeader));
  return {};
}

/// The bytes of the source that become the part.
Result<ByteRange> choose_range(const UploadPartCopyInput& input, std::uint64_t size_bytes,
                               std::uint64_t limit_bytes) {
  ByteRange range{0, size_bytes};
  if (input.copy_source_range) {
    DYAD_TRY_ASSIGN(range, parse_copy_range(*input.copy_source_range, size_bytes));
  }
  DYAD_TRY(check_copied_size(range.length, limit_bytes));
  return range;
}

UploadPartCopyOutput answer(const StoredPart& stored, const MultipartUpload& upload) {
  model::CopyPartResult result;
  result.e_tag = stored.quoted_e_tag();
  result.last_modified = protocol::UtcMs{stored.part.modified_ms / 1000 * 1000};
  if (upload.announced) checksum_member(result, *upload.announced) = stored.checksum_text;
  UploadPartCopyOutput output;
  output.copy_part_result = std::move(result);
  return output;
}

}  // namespace

Task<Result<UploadPartCopyOutput>> upload_part_copy(S3Service& service,
                                                    api::RequestContext& context,
                                                    UploadPartCopyInput& input) {
  DYAD_CO_TRY(refuse_keys(input));
  DYAD_CO_TRY_ASSIGN(CopySource source, parse_copy_source(input.copy_source));
  PartSpec spec;
  spec.copied = true;
  DYAD_CO_TRY_ASSIGN(spec.target, co_await upload_target(service, context, input));
  spec.number = static_cast<std::uint32_t>(input.part_number);
  DYAD_CO_TRY_ASSIGN(const MultipartUpload upload,
                     co_await find_upload(service, spec.target, context.deadline));
  spec.integrity = integrity_of_upload(upload);

  std::optional<table::ReadPins::Pin> pin(service.pins().pin());
  DYAD_CO_TRY_ASSIGN(FoundObject object, co_await find_source(service, context, std::move(source),
                                                              source_conditions(input),
                                                              input.expected_source_bucket_owner));
  DYAD_CO_TRY_ASSIGN(const ByteRange range, choose_range(input, object.attributes.size_bytes,
                                                         service.options().max_put_bytes));
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<http::BodyReader> body,
                     co_await open_content(service, object, range));
  pin.reset();

  const CopyTime time(context);
  const std::function<Deadline()> deadline = [&time] { return time.deadline_after(); };
  http::BodyReader& bytes = *body;
  DYAD_CO_TRY_ASSIGN(const StoredPart stored,
                     co_await store_part(service, spec, upload, bytes, deadline));
  co_return answer(stored, upload);
}

}  // namespace dyad::s3
