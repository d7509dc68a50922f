#include "server/verify.h"

#include <fmt/core.h>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "server/data_directory.h"
#include "store/embedded/verify_embedded.h"
#include "table/reaper.h"
#include "table/verify.h"

namespace dyad::server {
namespace {

std::string store_lines(const store::EmbeddedReport& report) {
  return fmt::format(
      "log: {} segments, {} batches, {} transactions, {} entries\n"
      "rows: {} files, {} rows in {} partitions\n",
      report.segments, report.batches, report.transactions, report.log_entries, report.row_files,
      report.rows, report.partitions);
}

std::string table_lines(const table::VerifyReport& report) {
  return fmt::format(
      "tables: {}, items {}, objects {}, index rows {}\n"
      "bytes: {} inline objects, {} blobs, {} bytes read, {} released\n",
      report.tables, report.items, report.objects, report.index_rows, report.inline_objects,
      report.blobs, report.blob_bytes, report.released);
}

}  // namespace

Result<VerifyOutcome> verify_data_directory(const std::string& data_directory) {
  const std::unique_ptr<Runtime> runtime =
      make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  const std::unique_ptr<Executor> executor = runtime->make_dedicated("verify");
  VerifyOutcome outcome;
  DYAD_TRY_ASSIGN(
      store::EmbeddedReport report,
      sync_wait(*executor, store::verify_embedded(*runtime, store_directory(data_directory),
                                                  store::EmbeddedOptions())));
  outcome.summary = store_lines(report);
  outcome.damages = std::move(report.damages);
  // Damaged files would only fail again, less clearly, one floor up.
  if (!outcome.damages.empty()) return outcome;

  DYAD_TRY_ASSIGN(OpenData data, open_data(*runtime, data_directory, store::EmbeddedOptions()));
  table::VerifyReport rows;
  Result<> checked;
  {
    table::Tables tables(*data.store, *runtime, make_row_codecs());
    Result<table::PendingOutcome> settled =
        sync_wait(*executor, table::settle_pending_blobs(tables, *data.blobs, Deadline::never()));
    if (!settled) checked = Result<>(std::move(settled).error());
    if (checked) checked = sync_wait(*executor, table::verify_tables(tables, *data.blobs, rows));
  }
  const Result<> closed = close_data(*runtime, data);
  DYAD_TRY(checked);
  DYAD_TRY(closed);
  outcome.summary += table_lines(rows);
  outcome.damages = std::move(rows.damages);
  return outcome;
}

}  // namespace dyad::server
