#include "table/reaper.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "table/blob_references.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::table {
namespace {

std::string kind_prefix(RowKind kind) {
  return std::string(1, static_cast<char>(kind));
}

}  // namespace

Task<Result<Reaper::Pass>> Reaper::pass(Deadline deadline) {
  Pass pass;
  std::size_t budget = kMaxRowsPerPass;
  // The catalogue's partition too: dropped tables leave their released rows there.
  std::vector<store::PartitionInfo> partitions = store_.partitions();
  const auto first = std::ranges::lower_bound(
      partitions, next_partition_, {}, [](const store::PartitionInfo& one) { return one.id; });
  std::rotate(partitions.begin(), first, partitions.end());
  const store::PartitionId resumed = next_partition_;
  std::string resume_at = std::exchange(next_row_, {});
  for (const store::PartitionInfo& partition : partitions) {
    const bool from_start = partition.id != resumed || resume_at.empty();
    const auto clean = clean_at_.find(partition.id);
    if (from_start && clean != clean_at_.end() && clean->second == partition.writes) continue;
    if (budget == 0) {
      pass.more = true;
      if (next_row_.empty()) next_partition_ = partition.id;
      break;
    }
    const bool more_before = std::exchange(pass.more, !from_start);
    std::string begin = from_start ? kind_prefix(RowKind::released) : std::exchange(resume_at, {});
    Result<> reaped =
        co_await reap_partition(partition.id, std::move(begin), pass, budget, deadline);
    // Split or dropped meanwhile: the next pass visits its children, or nobody.
    if (!reaped && reaped.error().code != ErrorCode::not_owner)
      co_return fail(std::move(reaped).error());
    if (!reaped) pass.more = true;
    if (reaped && !pass.more) clean_at_[partition.id] = partition.writes;
    pass.more = pass.more || more_before;
  }
  co_return pass;
}

Task<Result<>> Reaper::reap_partition(store::PartitionId partition, std::string begin, Pass& pass,
                                      std::size_t& budget, Deadline deadline) {
  store::ScanRange range;
  range.begin = std::move(begin);
  range.end = prefix_end(kind_prefix(RowKind::released));
  const Timestamp oldest = pins_.oldest();
  while (true) {
    store::ScanLimits limits;
    limits.rows = static_cast<std::uint32_t>(std::min<std::size_t>(budget, limits.rows));
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page, co_await store_.scan(partition, range, limits));
    std::vector<std::string> gone;
    std::vector<blob::BlobId> blobs;
    for (std::size_t i = 0; i < page.size(); ++i) {
      DYAD_CO_TRY_ASSIGN(const Record record, parse_record(page[i].value));
      DYAD_CO_TRY_ASSIGN(const blob::BlobId blob, blob_of_row(page[i].key));
      if (record.written > oldest || pins_.is_held(blob)) {
        pass.more = true;
        continue;
      }
      blobs.push_back(blob);
      gone.emplace_back(page[i].key);
      ++pass.erased_blobs;
    }
    budget -= std::min(budget, page.size());
    if (!gone.empty()) {
      DYAD_CO_TRY(co_await blobs_.erase(std::move(blobs)));
      std::vector<store::DeclaredKey> declared;
      const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
        for (const std::string& row : gone) DYAD_CO_TRY(tx.erase(partition, row));
        co_return Result<>();
      };
      DYAD_CO_TRY(co_await store_.transact(std::move(declared), body, deadline));
    }
    if (!page.next) co_return Result<>();
    if (budget == 0) {
      pass.more = true;
      next_partition_ = partition;
      next_row_ = page.next->begin;
      co_return Result<>();
    }
    range = *page.next;
  }
}

namespace {

/// Is there a reference row for this blob in the partition?
Task<Result<bool>> partition_references(store::Store& store, store::PartitionId partition,
                                        blob::BlobId blob) {
  store::ScanRange range;
  range.begin = kind_prefix(RowKind::reference);
  range.end = prefix_end(range.begin);
  while (true) {
    const store::ScanLimits limits;
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page, co_await store.scan(partition, range, limits));
    for (std::size_t i = 0; i < page.size(); ++i) {
      DYAD_CO_TRY_ASSIGN(const blob::BlobId named, blob_of_row(page[i].key));
      if (named == blob) co_return true;
    }
    if (!page.next) co_return false;
    range = *page.next;
  }
}

/// Of a blob that does not tell its owner any more: looks through all of them.
Task<Result<bool>> any_row_references(store::Store& store, blob::BlobId blob) {
  for (const store::PartitionInfo& partition : store.partitions()) {
    for (int attempt = 1;; ++attempt) {
      const Result<bool> named = co_await partition_references(store, partition.id, blob);
      if (named && *named) co_return true;
      if (named) break;
      if (named.error().code != ErrorCode::not_owner || attempt == kMaxStaleAttempts)
        co_return fail(named.error());
    }
  }
  co_return false;
}

Task<Result<bool>> owner_references(Tables& tables, blob::BlobId blob, std::string owner_bytes,
                                    Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const BlobOwner owner, decode_owner(owner_bytes));
  Result<TableRef> table = co_await tables.find(owner.table_name, deadline);
  if (!table) {
    if (table.error().code == ErrorCode::not_found) co_return false;
    co_return fail(std::move(table).error());
  }
  if ((*table)->id != owner.table) co_return false;
  const std::string row = reference_row(owner.key, blob);
  DYAD_CO_TRY_ASSIGN(
      const std::optional<std::string> value,
      co_await tables.store().get((*table)->partitions.partition_of(owner.key), row));
  co_return value.has_value();
}

}  // namespace

Task<Result<bool>> blob_is_referenced(Tables& tables, blob::BlobId blob, std::string owner,
                                      Deadline deadline) {
  if (owner.empty()) co_return co_await any_row_references(tables.store(), blob);
  for (int attempt = 1;; ++attempt) {
    Result<bool> named = co_await owner_references(tables, blob, owner, deadline);
    if (named || named.error().code != ErrorCode::not_owner || attempt == kMaxStaleAttempts)
      co_return named;
  }
}

Task<Result<PendingOutcome>> settle_pending_blobs(Tables& tables, blob::BlobStore& blobs,
                                                  Deadline deadline) {
  PendingOutcome outcome;
  DYAD_CO_TRY_ASSIGN(const std::vector<blob::PendingBlob> pending,
                     co_await blobs.pending_at_start());
  for (const blob::PendingBlob& one : pending) {
    DYAD_CO_TRY_ASSIGN(const bool named,
                       co_await blob_is_referenced(tables, one.id, one.owner, deadline));
    DYAD_CO_TRY(co_await blobs.settled(one.id, named));
    ++(named ? outcome.kept : outcome.erased);
  }
  if (!pending.empty())
    log::info("settled pending blobs", "kept={} erased={}", outcome.kept, outcome.erased);
  co_return outcome;
}

}  // namespace dyad::table
