#include "services/s3/bucket_settings.h"

#include "services/s3/bucket_table.h"

namespace dyad::s3 {

Task<Result<std::shared_ptr<const BucketProperties>>> find_bucket_properties(
    S3Service& service, const api::RequestContext& context, const std::string& bucket,
    const std::optional<std::string>& expected_owner) {
  DYAD_CO_TRY_ASSIGN(const table::TableRef table,
                     co_await find_bucket(service, context, bucket, expected_owner));
  co_return service.bucket_properties().of(*table);
}

Task<Result<>> change_bucket_properties(S3Service& service, const api::RequestContext& context,
                                        const std::string& bucket,
                                        const std::optional<std::string>& expected_owner,
                                        std::function<void(BucketProperties&)> change) {
  DYAD_CO_TRY(co_await find_bucket(service, context, bucket, expected_owner));
  std::function<Result<>(table::TableDescriptor&)> alter =
      [&change](table::TableDescriptor& table) -> Result<> {
    DYAD_TRY_ASSIGN(BucketProperties properties, decode_bucket_properties(table.properties));
    change(properties);
    table.properties = encode_bucket_properties(properties);
    return {};
  };
  Result<table::TableRef> altered = co_await service.tables().alter(
      bucket_table_name(bucket), std::move(alter), context.deadline);
  if (!altered) co_return fail(bucket_error(std::move(altered).error(), bucket));
  co_return Result<>();
}

}  // namespace dyad::s3
