#include "base/bytes.h"
#include "base/log.h"
#include "protocol/service_error.h"
#include "services/s3/object_upload.h"
#include "table/blob_references.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

/// How long the question about an upload's fate may wait for latches.
constexpr std::int64_t kAskWithinMs = 30'000;

/// Does the error say that nothing was committed? An I/O error or a bug may come after the
/// transaction has its place in the order, and so may the end of the time, of the room or of the
/// store.
bool surely_not_committed(const Error& error) {
  switch (error.code) {
    case ErrorCode::io_error:
    case ErrorCode::corruption:
    case ErrorCode::internal:
    case ErrorCode::deadline_exceeded:
    case ErrorCode::cancelled:
    case ErrorCode::no_space:
      return protocol::as_service_error(error) != nullptr;
    default:
      return true;
  }
}

/// Whether a row names the blob, be it as live or as released bytes. Asked in a transaction that
/// holds the row exclusive that the write held: it comes after whatever became of that, and its
/// answer is durable.
Task<Result<bool>> is_named(S3Service& service, blob::BlobId blob, std::string owner_bytes,
                            std::string latched) {
  DYAD_CO_TRY_ASSIGN(const table::BlobOwner owner, table::decode_owner(owner_bytes));
  const Deadline deadline = Deadline::after_ms(service.tables().runtime().clock(), kAskWithinMs);
  Result<table::TableRef> table = co_await service.tables().find(owner.table_name, deadline);
  if (!table && table.error().code == ErrorCode::not_found) co_return false;
  if (!table) co_return fail(std::move(table).error());
  if ((*table)->id != owner.table) co_return false;
  bool named = false;
  table::SideWrite question;
  question.table = *table;
  question.key = owner.key;
  if (latched.empty()) latched = table::KeyPlace{{}, owner.key}.row_key(table::RowKind::current);
  question.latches.push_back({std::move(latched), store::LatchMode::exclusive});
  question.body = [&](store::Transaction& tx, const table::KeyPlace& place) -> Task<Result<>> {
    const std::string live = table::reference_row(owner.key, blob);
    const std::string released = table::released_row(owner.key, blob);
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> as_live,
                       co_await tx.get(place.partition, live));
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> as_released,
                       co_await tx.get(place.partition, released));
    named = as_live.has_value() || as_released.has_value();
    co_return Result<>();
  };
  const Result<store::Commit> asked =
      co_await service.tables().write_beside(std::move(question), deadline);
  if (!asked && asked.error().code == ErrorCode::not_found) co_return false;
  if (!asked) co_return fail(asked.error());
  co_return named;
}

}  // namespace

Task<void> settle_upload(S3Service& service, const Upload& upload, std::string owner,
                         const Result<store::Commit>& written, std::string latched) {
  if (upload.blob == nullptr) co_return;
  const blob::BlobId blob = upload.blob->id();
  bool named = written.has_value();
  if (!written && !surely_not_committed(written.error())) {
    const Result<bool> asked =
        co_await is_named(service, blob, std::move(owner), std::move(latched));
    if (!asked) {
      // It stays on the list of pending blobs, and the next start asks.
      log::warning("the fate of a blob is not known yet", "blob={} reason={}", blob.value(),
                   asked.error().message);
      co_return;
    }
    named = *asked;
  }
  const Result<> settled = co_await service.blobs().settled(blob, named);
  if (!settled)
    log::warning("a blob stays pending until the next start", "blob={} reason={}", blob.value(),
                 settled.error().message);
}

}  // namespace dyad::s3
