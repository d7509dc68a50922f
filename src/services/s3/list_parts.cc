#include <algorithm>

#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/listed_object.h"
#include "services/s3/listed_upload.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using model::ListPartsInput;
using model::ListPartsOutput;

/// "ListParts": 1,000 in one answer.
constexpr std::int32_t kMaxListedParts = 1000;

model::Part listed_part(std::uint32_t number, const table::UploadPart& stored,
                        const MultipartUpload& upload) {
  model::Part part;
  part.part_number = static_cast<std::int32_t>(number);
  part.last_modified = protocol::UtcMs{stored.modified_ms / 1000 * 1000};
  part.e_tag = '"' + to_hex(stored.md5) + '"';
  part.size = static_cast<std::int64_t>(stored.size_bytes);
  // What nobody asked for is told of the object alone.
  if (upload.announced) checksum_member(part, *upload.announced) = to_base64(stored.checksum_bytes);
  return part;
}

/// Parts behind the marker until one more than the limit is known to be there.
Task<Result<>> add_parts(S3Service& service, const UploadTarget& target,
                         const MultipartUpload& upload, ListPartsOutput& output,
                         Deadline deadline) {
  const auto marker = static_cast<std::uint32_t>(*output.part_number_marker);
  if (marker >= table::kMaxPartNumber) co_return Result<>();
  std::string begin = table::upload_part_row(target.key, target.id, marker + 1).substr(1);
  const std::string end = prefix_end(table::upload_key_prefix(target.key) + target.id);
  const auto most = static_cast<std::size_t>(*output.max_parts);
  store::ScanLimits limits;
  limits.rows = static_cast<std::uint32_t>(most) + 1;
  while (true) {
    DYAD_CO_TRY_ASSIGN(const table::SidePage page, co_await service.tables().scan_beside(
                                                       target.table, table::RowKind::upload_part,
                                                       begin, end, limits, deadline));
    for (std::size_t i = 0; i < page.rows.size(); ++i) {
      if (output.parts.size() == most) {
        output.is_truncated = true;
        co_return Result<>();
      }
      DYAD_CO_TRY_ASSIGN(const table::UploadRowKey key,
                         table::decode_upload_row_key(page.rows[i].key));
      DYAD_CO_TRY_ASSIGN(const table::UploadPart part,
                         table::decode_upload_part(page.rows[i].value));
      output.parts.push_back(listed_part(key.part_number, part, upload));
    }
    if (!page.next) co_return Result<>();
    begin = *page.next;
  }
}

}  // namespace

Task<Result<ListPartsOutput>> list_parts(S3Service& service, api::RequestContext& context,
                                         ListPartsInput& input) {
  DYAD_CO_TRY_ASSIGN(const UploadTarget target, co_await upload_target(service, context, input));
  if (names_customer_key(input)) co_return fail(header_not_implemented(kCustomerKeyHeader));
  DYAD_CO_TRY_ASSIGN(const MultipartUpload upload,
                     co_await find_upload(service, target, context.deadline));
  ListPartsOutput output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = target.id_text;
  output.initiator = initiator_of_account(context.account_id);
  output.owner = owner_of_account(context.account_id);
  output.storage_class = upload.attributes.storage_class;
  output.part_number_marker = input.part_number_marker.value_or(0);
  output.next_part_number_marker = 0;
  output.max_parts = std::min(input.max_parts.value_or(kMaxListedParts), kMaxListedParts);
  output.is_truncated = false;
  if (upload.announced) {
    output.checksum_algorithm = crypto::name_of(*upload.announced);
    output.checksum_type = upload.type_name();
  }
  if (*output.max_parts == 0) co_return output;
  Result<> added = co_await add_parts(service, target, upload, output, context.deadline);
  if (!added) co_return fail(bucket_error(std::move(added).error(), input.bucket));
  if (!output.parts.empty()) output.next_part_number_marker = output.parts.back().part_number;
  co_return output;
}

}  // namespace dyad::s3
