#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/listed_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"
#include "services/s3/upload_end.h"
#include "table/blob_references.h"
#include "table/reaper.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

/// How often a bucket with too many rows that name bytes is tried again, and how many passes of the
/// reaper go before each.
constexpr int kMaxDropAttempts = 4;
constexpr int kMaxReaperPasses = 64;

/// BucketNotEmpty: a partition holds an object. The caller holds the descriptor exclusive, so none
/// comes meanwhile.
Task<Result<>> check_empty(store::Transaction& tx, const table::TableDescriptor& table,
                           std::string bucket) {
  const std::string begin(1, static_cast<char>(table::RowKind::current));
  for (std::size_t i = 0; i < table.partitions.size(); ++i) {
    store::ScanRange range;
    range.begin = begin;
    range.end = prefix_end(begin);
    store::ScanLimits limits;
    limits.rows = 1;
    while (true) {
      DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                         co_await tx.scan(table.partitions[i].partition, range, limits));
      if (!page.empty())
        co_return fail(protocol::with_field(protocol::service_error(model::errors::kBucketNotEmpty),
                                            "BucketName", bucket));
      if (!page.next) break;
      range = *page.next;
    }
  }
  co_return Result<>();
}

/// Ends the uploads under way in a bucket that has no objects: they would go with it.
Task<Result<>> abort_uploads(S3Service& service, const table::TableRef& table, std::string bucket,
                             Deadline deadline) {
  UploadListSpec spec;
  spec.table = table;
  while (true) {
    UploadListSpec from_start = spec;
    DYAD_CO_TRY_ASSIGN(const UploadListPage page,
                       co_await list_uploads(service, std::move(from_start), deadline));
    for (const UploadEntry& entry : page.entries) {
      UploadTarget target;
      target.table = table;
      target.bucket = bucket;
      target.key = entry.key;
      target.id = entry.upload_id;
      target.id_text = upload_id_text(entry.upload_id);
      const Result<> ended = co_await abort_upload(service, target, deadline);
      const bool gone =
          !ended && protocol::service_code(ended.error()) == model::errors::kNoSuchUpload.code;
      if (!ended && !gone) co_return fail(ended.error());
    }
    if (!page.more) co_return Result<>();
  }
}

/// Makes room: what nobody reads any more is erased now instead of moved.
Task<Result<>> reap(S3Service& service, Deadline deadline) {
  table::Reaper reaper(service.tables().store(), service.blobs(), service.pins());
  for (int i = 0; i < kMaxReaperPasses; ++i) {
    DYAD_CO_TRY_ASSIGN(const table::Reaper::Pass pass, co_await reaper.pass(deadline));
    if (!pass.more || pass.erased_blobs == 0) break;
  }
  co_return Result<>();
}

}  // namespace

Task<Result<model::DeleteBucketOutput>> delete_bucket(S3Service& service,
                                                      api::RequestContext& context,
                                                      model::DeleteBucketInput& input) {
  DYAD_CO_TRY_ASSIGN(
      const table::TableRef table,
      co_await find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  // "Deleting a bucket": what counts is objects; uploads that were never completed go with it.
  bool too_many_rows = false;
  const table::Tables::Permit permit = [&](store::Transaction& tx,
                                           const table::TableDescriptor& newest) -> Task<Result<>> {
    DYAD_CO_TRY(co_await check_empty(tx, newest, input.bucket));
    const Result<> moved = co_await table::rehome_released_rows(tx, newest);
    too_many_rows = !moved && moved.error().code == ErrorCode::too_large;
    co_return moved;
  };
  for (int attempt = 0; attempt < kMaxDropAttempts; ++attempt) {
    too_many_rows = false;
    Result<table::TableRef> dropped =
        co_await service.tables().drop(table->name, permit, context.deadline);
    if (dropped) co_return model::DeleteBucketOutput();
    if (!too_many_rows) co_return fail(bucket_error(std::move(dropped).error(), input.bucket));
    DYAD_CO_TRY(co_await abort_uploads(service, table, input.bucket, context.deadline));
    DYAD_CO_TRY(co_await reap(service, context.deadline));
  }
  co_return fail(protocol::service_error(model::errors::kServiceUnavailable));
}

}  // namespace dyad::s3
