#include "store/embedded/embedded_store.h"

#include <fmt/format.h>

#include "base/log.h"
#include "runtime/file_tree.h"
#include "store/embedded/embedded_backend.h"
#include "store/embedded/store_format.h"
#include "store/local_store.h"

namespace dyad::store {
namespace embedded {
namespace {

constexpr std::int64_t kReplayReportIntervalUs = 2'000'000;

/// Puts batches of the log into the rows again.
class Replayer {
 public:
  Replayer(RowStore& rows, const Clock& clock, const std::string& directory)
      : rows_(rows), clock_(clock), directory_(directory), reported_us_(clock.steady_us()) {
    visitor_.on_put = [this](std::string_view key, std::string_view value) -> Result<> {
      batch_.put(key, value);
      return {};
    };
    visitor_.on_erase = [this](std::string_view key) -> Result<> {
      batch_.erase(key);
      return {};
    };
  }

  Result<> replay(const RecordHeader& header, std::string_view payload, const LogPosition& after) {
    batch_.clear();
    DYAD_TRY(visit_batch(payload, visitor_));
    batch_.put(applied_key(), encode_position(after));
    DYAD_TRY(rows_.apply(batch_));
    transactions_ += header.transactions;
    bytes_ += payload.size();
    if (clock_.steady_us() - reported_us_ >= kReplayReportIntervalUs) report("replaying the log");
    return {};
  }
  void finish() {
    if (transactions_ > 0) report("replayed the log");
  }

 private:
  void report(std::string_view event) {
    reported_us_ = clock_.steady_us();
    log::info(event, "directory={} transactions={} bytes={}", directory_, transactions_, bytes_);
  }

  RowStore& rows_;
  const Clock& clock_;
  const std::string& directory_;
  BatchVisitor visitor_;
  RowBatch batch_;
  std::uint64_t transactions_ = 0;
  std::uint64_t bytes_ = 0;
  std::int64_t reported_us_;
};

RowStoreOptions row_options(const std::string& directory, const EmbeddedOptions& options,
                            std::shared_ptr<EmbeddedBackend::Signals> signals) {
  RowStoreOptions rows;
  rows.directory = rows_directory(directory);
  // A row that is kept whole is found without a search, and small objects are rows: they take most
  // of this half. The other one is for ranges and for what is read first.
  rows.row_cache_bytes = options.cache_bytes / 2;
  rows.block_cache_bytes = options.cache_bytes - rows.row_cache_bytes;
  rows.write_buffer_bytes = options.write_buffer_bytes;
  rows.compaction_bytes_per_second = options.compaction_bytes_per_second;
  rows.max_open_files = options.max_open_files;
  rows.max_sleep_us = options.max_background_sleep_us;
  rows.on_flushed = [signals] { signals->flush_seen.store(true, std::memory_order_release); };
  rows.on_fatal = [signals](const Error& error) {
    const std::lock_guard lock(signals->mutex);
    if (signals->backend != nullptr)
      signals->backend->fail_for_good(error);
    else
      signals->failed = error;
  };
  return rows;
}

Result<LogPosition> applied_position(const RowStore& rows, const std::string& directory) {
  DYAD_TRY_ASSIGN(const RowStore::Lookup found, rows.get(applied_key(), RowStore::Wait::yes));
  if (!found.value) return LogPosition();
  const std::optional<LogPosition> position = decode_position(*found.value);
  if (position) return *position;
  return fail(ErrorCode::corruption,
              fmt::format("{}: the applied position is not one", rows_directory(directory)));
}

std::string parent_of(const std::string& directory) {
  const std::size_t slash = directory.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : directory.substr(0, slash);
}

struct OpenedStore {
  std::unique_ptr<EmbeddedBackend> backend;
  Recovered recovered;
};

Result<OpenedStore> open_now(Runtime& runtime, const std::string& directory,
                             EmbeddedOptions options) {
  Files& files = runtime.files();
  DYAD_TRY(files.make_directory(directory));
  DYAD_TRY(files.sync_directory(parent_of(directory)));
  EmbeddedBackend::Opened opened;
  opened.directory = directory;
  opened.signals = std::make_shared<EmbeddedBackend::Signals>();
  DYAD_TRY_ASSIGN(opened.lock, lock_store(files, directory));
  DYAD_TRY_ASSIGN(const StoreFormat format,
                  read_or_make_store_format(files, runtime.random(), directory));
  DYAD_TRY_ASSIGN(const std::optional<LogPosition> clean_tail, read_clean_mark(files, directory));

  DYAD_TRY(remove_tree(files, held_directory(directory)));
  DYAD_TRY(files.make_directory(rows_directory(directory)));
  DYAD_TRY(files.make_directory(log_directory(directory)));
  DYAD_TRY(files.sync_directory(directory));
  DYAD_TRY_ASSIGN(opened.rows,
                  RowStore::open(files, row_options(directory, options, opened.signals)));
  DYAD_TRY_ASSIGN(const LogPosition applied, applied_position(*opened.rows, directory));

  SegmentLogOptions log_options;
  log_options.directory = log_directory(directory);
  log_options.segment_bytes = options.segment_bytes;
  log_options.salt = format.salt;
  log_options.keep_below_percent = options.keep_below_percent;
  Replayer replayer(*opened.rows, runtime.clock(), directory);
  DYAD_TRY_ASSIGN(opened.log,
                  SegmentLog::open(files, log_options, applied, clean_tail,
                                   [&](const RecordHeader& header, std::string_view payload,
                                       const LogPosition& after) {
                                     return replayer.replay(header, payload, after);
                                   }));
  replayer.finish();
  DYAD_TRY(remove_clean_mark(files, directory));

  OpenedStore store;
  DYAD_TRY_ASSIGN(store.backend, EmbeddedBackend::make(runtime, std::move(options),
                                                       std::move(opened), store.recovered));
  return store;
}

}  // namespace
}  // namespace embedded

Task<Result<std::unique_ptr<Store>>> open_embedded_store(Runtime& runtime, std::string directory,
                                                         EmbeddedOptions options) {
  const auto work = [&] { return embedded::open_now(runtime, directory, options); };
  Result<embedded::OpenedStore> opened = co_await runtime.workers().run(work);
  if (!opened) co_return fail(std::move(opened).error());
  co_return std::unique_ptr<Store>(std::make_unique<LocalStore>(runtime, std::move(opened->backend),
                                                                std::move(opened->recovered)));
}

}  // namespace dyad::store
