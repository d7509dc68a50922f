#include "table/read_together.h"

#include "base/bytes.h"
#include "table/catalogue_keys.h"
#include "table/key_place.h"
#include "table/record.h"

namespace dyad::table {
namespace {

using Rows = std::vector<std::optional<std::string>>;

struct PlacedRead {
  store::PartitionId partition;
  std::string row_key;
};

Result<std::vector<PlacedRead>> place(const std::vector<RowRead>& reads) {
  std::vector<PlacedRead> placed;
  placed.reserve(reads.size());
  for (const RowRead& read : reads) {
    KeyPlace at;
    DYAD_TRY_ASSIGN(at.key, table_key(*read.table, read.key));
    placed.push_back({read.table->partitions.partition_of(at.key), at.row_key(RowKind::current)});
  }
  return placed;
}

bool in_one_partition(const std::vector<PlacedRead>& placed) {
  for (const PlacedRead& read : placed) {
    if (read.partition != placed.front().partition) return false;
  }
  return true;
}

/// Rows and descriptors shared: neither can a row change nor a partition be cut.
std::vector<store::DeclaredKey> declare(const std::vector<RowRead>& reads,
                                        const std::vector<PlacedRead>& placed) {
  std::vector<store::DeclaredKey> declared;
  declared.reserve(reads.size() + 1);
  const TableDescriptor* former = nullptr;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    if (reads[i].table.get() != former) {
      former = reads[i].table.get();
      declared.push_back(descriptor_latch(former->name, store::LatchMode::shared));
    }
    declared.push_back({placed[i].partition, placed[i].row_key, store::LatchMode::shared});
  }
  return declared;
}

/// Reads the rows as planned; not_owner: a partition is gone.
Task<Result<Rows>> read_planned(Tables& tables, const std::vector<RowRead>& reads,
                                Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const std::vector<PlacedRead> placed, place(reads));
  if (in_one_partition(placed)) {
    std::vector<std::string> keys;
    keys.reserve(placed.size());
    for (const PlacedRead& read : placed) keys.push_back(read.row_key);
    co_return co_await tables.store().get_all(placed.front().partition, std::move(keys));
  }
  Rows rows;
  const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
    rows.clear();
    rows.reserve(placed.size());
    for (const PlacedRead& read : placed) {
      DYAD_CO_TRY_ASSIGN(std::optional<std::string> row,
                         co_await tx.get(read.partition, read.row_key));
      rows.push_back(std::move(row));
    }
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await tables.store().transact(declare(reads, placed), body, deadline));
  co_return rows;
}

Result<std::optional<StoredRow>> parse(std::optional<std::string> bytes) {
  if (!bytes) return std::optional<StoredRow>();
  DYAD_TRY_ASSIGN(StoredRow row, parse_stored_row(std::move(*bytes)));
  return std::optional<StoredRow>(std::move(row));
}

}  // namespace

/// What of Tables is not everybody's.
class TogetherReader {
 public:
  /// Newer descriptors for all of them.
  static Task<Result<>> reload(Tables& tables, std::vector<RowRead>& reads, Deadline deadline) {
    TableRef former;
    TableRef newest;
    for (RowRead& read : reads) {
      if (read.table != former) {
        former = read.table;
        DYAD_CO_TRY_ASSIGN(newest, co_await tables.reload(former, deadline));
      }
      read.table = newest;
    }
    co_return Result<>();
  }
};

Task<Result<std::vector<std::optional<StoredRow>>>> read_together(Tables& tables,
                                                                  std::vector<RowRead> reads,
                                                                  Deadline deadline) {
  std::vector<std::optional<StoredRow>> made;
  if (reads.empty()) co_return made;
  if (reads.size() > kMaxRowsPerWrite)
    co_return fail(ErrorCode::too_large,
                   "at most " + std::to_string(kMaxRowsPerWrite) + " rows are read together");
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    Result<Rows> rows = co_await read_planned(tables, reads, deadline);
    if (rows) {
      made.reserve(rows->size());
      for (std::optional<std::string>& row : *rows) {
        DYAD_CO_TRY_ASSIGN(std::optional<StoredRow> one, parse(std::move(row)));
        made.push_back(std::move(one));
      }
      co_return made;
    }
    if (rows.error().code != ErrorCode::not_owner) co_return fail(std::move(rows).error());
    DYAD_CO_TRY(co_await TogetherReader::reload(tables, reads, deadline));
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

}  // namespace dyad::table
