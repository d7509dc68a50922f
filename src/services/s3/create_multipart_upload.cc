#include "base/ascii.h"
#include "crypto/crc_combine.h"
#include "services/s3/bucket_table.h"
#include "services/s3/multipart_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/unserved_features.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using model::CreateMultipartUploadInput;
using model::CreateMultipartUploadOutput;

/// "Checking object integrity in Amazon S3", full object and composite checksum types: which
/// algorithm goes with which, and what holds where only one was named.
Result<> take_checksum(const CreateMultipartUploadInput& input, MultipartUpload& upload) {
  if (!input.checksum_algorithm) {
    if (!input.checksum_type) return {};
    return fail(
        invalid_request("The x-amz-checksum-type header can only be used with the "
                        "x-amz-checksum-algorithm header."));
  }
  upload.announced = crypto::checksum_kind_of(*input.checksum_algorithm);
  if (!upload.announced) return fail(header_not_implemented("x-amz-checksum-algorithm"));
  const bool crc64 = upload.announced == crypto::ChecksumKind::crc64nvme;
  upload.composite = input.checksum_type ? *input.checksum_type == kComposite : !crc64;
  if (upload.composite ? !crc64 : crypto::CrcCombiner::of(*upload.announced).has_value()) return {};
  return fail(invalid_request("The " + std::string(upload.composite ? kComposite : kFullObject) +
                              " checksum type cannot be used with the " +
                              ascii_lower(crypto::name_of(*upload.announced)) +
                              " checksum algorithm."));
}

}  // namespace

Task<Result<CreateMultipartUploadOutput>> create_multipart_upload(
    S3Service& service, api::RequestContext& context, CreateMultipartUploadInput& input) {
  DYAD_CO_TRY(check_key(input.key));
  DYAD_CO_TRY(refuse_unserved(input));
  MultipartUpload upload;
  DYAD_CO_TRY(take_checksum(input, upload));
  DYAD_CO_TRY_ASSIGN(upload.attributes, attributes_of_request(input));
  upload.initiated_ms = context.clock->wall_ms();
  upload.attributes.last_modified_ms = upload.initiated_ms;
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));

  const std::string id =
      make_upload_id(service.tables().runtime().random(), upload.initiated_ms, input.key);
  const std::string row = table::upload_row(input.key, id);
  const std::string object_row = table::KeyPlace{{}, input.key}.row_key(table::RowKind::current);
  table::SideWrite write;
  write.table = table;
  write.key = input.key;
  write.latches.push_back({row, store::LatchMode::exclusive});
  write.latches.push_back({object_row, store::LatchMode::shared});
  write.body = [&](store::Transaction& tx, const table::KeyPlace& place) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> object,
                       co_await tx.get(place.partition, object_row));
    upload.object_existed = object.has_value();
    co_return tx.put(place.partition, row, encode_upload(input.bucket, input.key, upload), {},
                     table::record_stamp());
  };
  Result<store::Commit> written =
      co_await service.tables().write_beside(std::move(write), context.deadline);
  if (!written) co_return fail(bucket_error(std::move(written).error(), input.bucket));

  CreateMultipartUploadOutput output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = upload_id_text(id);
  if (upload.announced) {
    output.checksum_algorithm = crypto::name_of(*upload.announced);
    output.checksum_type = upload.type_name();
  }
  co_return output;
}

}  // namespace dyad::s3
