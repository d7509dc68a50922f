#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"
#include "table/backfill_job.h"
#include "table/tables.h"

namespace dyad::table {

struct BackfillOptions {
  /// Rows of the table whose latches one transaction holds, so long as it takes to copy them.
  std::uint32_t rows_per_transaction = 64;
  /// Index rows of one transaction; one row more than fits is never copied, the first always.
  std::uint64_t bytes_per_transaction = 4u << 20;
  /// After so many rows it is another index's turn.
  std::uint64_t rows_per_turn = 1024;
  std::uint64_t rows_per_pass = 4096;
  /// After each transaction nothing is done for so many hundredths of the time that it took: what
  /// is left to those who write meanwhile.
  std::uint32_t pause_per_cent = 100;
  std::int64_t log_every_ms = 10'000;
};

/// Gives the indexes that were added to tables the rows of the items that were there before, and
/// then lets them be read. Driven by its caller's clock: one pass is bounded; how far it has come
/// is saved with each transaction (BackfillJob), so any process goes on where the last one ended.
///
/// Each row is read again in the transaction that copies it, under its latch: whoever writes it
/// before or after keeps the index himself. A row whose attribute the index cannot take is left
/// out, as DynamoDB does.
class IndexBackfill {
 public:
  IndexBackfill(Tables& tables, BackfillOptions options) : tables_(tables), options_(options) {}

  struct Pass {
    std::uint64_t rows = 0;  ///< Of tables, looked at.
    std::size_t finished = 0;
    bool more = false;  ///< An index is still to be built.
  };
  /// The first error, after every other index had its turn.
  Task<Result<Pass>> pass(Deadline deadline);

 private:
  /// Indexes that have a turn in one pass.
  static constexpr std::uint32_t kMaxTurns = 64;

  Task<Result<std::vector<BackfillJob>>> next_jobs();
  Task<Result<>> turn(BackfillJob job, Pass& pass, Deadline deadline);
  Task<Result<TableRef>> table_of(const BackfillJob& job, Deadline deadline);
  Task<Result<TableRef>> set_state(const BackfillJob& job, IndexDescriptor::State state,
                                   Deadline deadline);
  Task<Result<BackfillJob>> copy(TableRef table, BackfillJob job, Deadline deadline);
  Task<void> pause_since(std::int64_t begin_us);
  void tell_progress(const TableDescriptor& table, const BackfillJob& job, const char* what);

  Tables& tables_;
  const BackfillOptions options_;
  std::string after_;  ///< The catalogue row of the index whose turn was the last one.
  std::int64_t told_us_ = 0;
};

}  // namespace dyad::table
