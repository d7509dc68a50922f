#include "server/verify.h"

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "server/data_directory.h"
#include "server/start_errors.h"
#include "store/embedded/verify_embedded.h"
#include "table/reaper.h"
#include "table/verify.h"

namespace dyad::server {
namespace {

void add_counts(VerifyOutcome& outcome, const store::EmbeddedReport& report) {
  outcome.counts.insert(outcome.counts.end(), {{"log segments", report.segments},
                                               {"log batches", report.batches},
                                               {"transactions", report.transactions},
                                               {"log entries", report.log_entries},
                                               {"row files", report.row_files},
                                               {"rows", report.rows},
                                               {"partitions", report.partitions}});
}

void add_counts(VerifyOutcome& outcome, const table::VerifyReport& report) {
  outcome.counts.insert(outcome.counts.end(), {{"tables", report.tables},
                                               {"items", report.items},
                                               {"objects", report.objects},
                                               {"index rows", report.index_rows},
                                               {"inline objects", report.inline_objects},
                                               {"objects in parts", report.objects_in_parts},
                                               {"uploads", report.uploads},
                                               {"parts of uploads", report.upload_parts},
                                               {"blobs", report.blobs},
                                               {"blob bytes", report.blob_bytes},
                                               {"released blobs", report.released},
                                               {"indexes being built", report.building}});
}

/// Rows of the store that the content's check has passed.
std::uint64_t rows_passed(const table::VerifyReport& report) {
  return report.items + report.objects + report.index_rows + report.released;
}

}  // namespace

Result<VerifyOutcome> verify_data_directory(const std::string& data_directory,
                                            const VerifyProgress& progress) {
  const std::unique_ptr<Runtime> runtime =
      make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  const std::unique_ptr<Executor> executor = runtime->make_dedicated("verify");
  VerifyOutcome outcome;
  const auto tell_store = [&](const store::EmbeddedReport& so_far) {
    if (so_far.rows == 0) {
      progress({"log", so_far.batches, 0, 0});
    } else {
      progress({"rows", so_far.rows, 0, 0});
    }
  };
  Result<store::EmbeddedReport> read =
      sync_wait(*executor, store::verify_embedded(*runtime, store_directory(data_directory),
                                                  store::EmbeddedOptions(), tell_store));
  if (!read) return fail(explain_open_error(runtime->files(), data_directory, read.error()));
  store::EmbeddedReport& report = *read;
  add_counts(outcome, report);
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
    if (checked)
      checked = sync_wait(*executor, table::verify_tables(tables, *data.blobs, rows, [&] {
        progress({"content", rows_passed(rows), report.rows, rows.blob_bytes});
      }));
  }
  const Result<> closed = close_data(*runtime, data);
  DYAD_TRY(checked);
  DYAD_TRY(closed);
  add_counts(outcome, rows);
  outcome.damages = std::move(rows.damages);
  return outcome;
}

}  // namespace dyad::server
