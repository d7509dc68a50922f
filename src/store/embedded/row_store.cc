#include "store/embedded/row_store.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/experimental.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "runtime/thread_niceness.h"
#include "store/embedded/compaction_rate.h"
#include "store/embedded/erased_rows.h"
#include "store/embedded/rocksdb_files.h"
#include "store/embedded/rocksdb_log.h"
#include "store/embedded/row_cache.h"

namespace dyad::store::embedded {
namespace {

/// A table's index is one block, of a MiB and more where keys are long, and has to fit into half a
/// shard: RocksDB's own choice, 64 shards, leaves 3 MiB to each, and an index that is evicted is
/// read and unpacked anew for each row.
constexpr int kBlockCacheShardBits = 3;

/// A walk on a reactor gives up behind this many rows that compaction has yet to take away.
constexpr std::uint64_t kMaxSkippedInPlace = 2000;
constexpr int kBackgroundJobs = 2;
/// A third of what a request's thread gets of a processor that both want: enough that a store which
/// is written to without a pause is compacted all the same.
constexpr int kCompactionNiceness = 5;
constexpr int kBloomBitsPerKey = 10;
constexpr int kMaxWriteBuffers = 4;

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view_of(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

Error row_error(const rocksdb::Status& status, std::string_view where) {
  Error error = rocksdb_error(status, where);
  // A file that RocksDB counts on and that is gone is damage, not an answer.
  if (error.code == ErrorCode::not_found) error.code = ErrorCode::corruption;
  return error;
}

rocksdb::ReadOptions read_options() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

/// What a read was told to do about waiting.
class Waiting {
 public:
  explicit Waiting(RowStore::Wait wait) {
    if (wait == RowStore::Wait::no) at_once_.emplace();
  }
  /// The read needed more than memory has. Whatever it answered is not to be believed: RocksDB
  /// goes on without some blocks, as without a filter that it could not read.
  bool refused() const { return at_once_ && at_once_->refused(); }

 private:
  std::optional<ReadsAtOnce> at_once_;
};

/// An erased row is one with an empty value.
std::optional<std::string> row_value(const rocksdb::PinnableSlice& value) {
  if (value.empty()) return std::nullopt;
  return std::string(value.data(), value.size());
}

class Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(const RowStoreOptions& options)
      : on_fatal_(options.on_fatal),
        on_flushed_(options.on_flushed),
        directory_(options.directory) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    using Reason = rocksdb::BackgroundErrorReason;
    const bool writes_files = reason == Reason::kFlush || reason == Reason::kFlushNoWAL ||
                              reason == Reason::kCompaction || reason == Reason::kManifestWrite ||
                              reason == Reason::kManifestWriteNoWAL;
    if (status->IsNoSpace() && writes_files) {
      // The file being written is thrown away as a whole (of a manifest too, a new one is begun),
      // and RocksDB does the work again when there is room; until then the store goes on with what
      // memory holds.
      log::warning("row files wait for disk space", "directory={}", directory_);
      return;
    }
    if (on_fatal_) on_fatal_(row_error(*status, directory_));
  }
  /// On RocksDB's thread for compactions, which has nothing else to do.
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    thread_local const bool is_nice = be_nice(kCompactionNiceness);
    (void)is_nice;
  }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    if (on_flushed_) on_flushed_();
  }

 private:
  std::function<void(const Error&)> on_fatal_;
  std::function<void()> on_flushed_;
  std::string directory_;
};

class RowCursor final : public BaseCursor {
 public:
  explicit RowCursor(std::unique_ptr<rocksdb::Iterator> iterator)
      : iterator_(std::move(iterator)) {}
  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void seek_before(std::string_view key) override {
    iterator_->SeekForPrev(slice(key));
    if (iterator_->Valid() && view_of(iterator_->key()) == key) iterator_->Prev();
  }
  void next() override { iterator_->Next(); }
  void previous() override { iterator_->Prev(); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return view_of(iterator_->key()); }
  std::string_view value() const override { return view_of(iterator_->value()); }
  Result<> status() const override {
    if (iterator_->status().ok()) return {};
    return row_error(iterator_->status(), "rows");
  }
  /// Behind more than `max_skippable_internal_keys`.
  bool gave_up() const { return iterator_->status().IsIncomplete(); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

RowBatch::RowBatch() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
RowBatch::~RowBatch() = default;
void RowBatch::clear() {
  batch_->Clear();
}
void RowBatch::put(std::string_view key, std::string_view value) {
  DYAD_CHECK(batch_->Put(slice(key), slice(value)).ok());
}
void RowBatch::erase(std::string_view key) {
  const rocksdb::Status status =
      is_meta_key(key) ? batch_->Delete(slice(key)) : batch_->Put(slice(key), rocksdb::Slice());
  DYAD_CHECK(status.ok());
}
void RowBatch::erase_range(std::string_view from, std::string_view to) {
  DYAD_CHECK(batch_->DeleteRange(slice(from), slice(to)).ok());
}

struct RowStore::Parts {
  explicit Parts(RowStoreOptions wanted)
      : options(std::move(wanted)), row_cache(options.row_cache_bytes) {}

  RowStoreOptions options;
  RowCache row_cache;
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::CompactionFilter> filter;
  std::unique_ptr<rocksdb::DB> db;

  /// True: all rows were in the cache, as they were at one moment.
  bool find_all(std::span<const std::string> keys, std::span<const RowCache::Ticket> tickets,
                std::span<std::optional<std::string>> values) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::optional<RowCache::Row> row = row_cache.find(tickets[i], keys[i]);
      if (!row) return false;
      values[i] = *std::move(row);
    }
    return std::all_of(tickets.begin(), tickets.end(),
                       [this](const RowCache::Ticket& t) { return row_cache.unchanged(t); });
  }
};

RowStore::RowStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RowStore::~RowStore() = default;

namespace {

/// CURRENT carries no checksum: a damaged one names a file that is not there.
Result<> check_current(Files& files, const std::string& directory) {
  constexpr std::size_t kMaxCurrentBytes = 4096;
  const std::string path = directory + "/CURRENT";
  const Result<std::string> content = read_file(files, path, kMaxCurrentBytes);
  if (!content && content.error().code == ErrorCode::not_found) return {};
  if (!content) return fail(content.error());
  const std::string name = content->substr(0, content->find('\n'));
  const bool good = content->ends_with('\n') && name.starts_with("MANIFEST-") &&
                    name.find('/') == std::string::npos && name.find('\0') == std::string::npos &&
                    files.info(directory + "/" + name);
  if (good) return {};
  return fail(ErrorCode::corruption, fmt::format("{}: names no manifest that is there", path));
}

/// What RocksDB says when it does not start may name its manifest where a table is damaged. This
/// names the tables, too.
std::string damaged_tables(Files& files, const rocksdb::Options& options,
                           const std::string& directory) {
  std::string named;
  const auto names = files.list(directory);
  if (!names) return named;
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    const std::string path = directory + "/" + name;
    rocksdb::SstFileReader table(options);
    rocksdb::Status status = table.Open(path);
    if (status.ok()) status = table.VerifyChecksum();
    if (!status.ok()) named += fmt::format("; {} is damaged", path);
  }
  return named;
}

}  // namespace

Result<std::unique_ptr<RowStore>> RowStore::open(Files& files, RowStoreOptions options) {
  DYAD_TRY(check_current(files, options.directory));
  auto parts = std::make_unique<Parts>(std::move(options));
  const RowStoreOptions& wanted = parts->options;
  parts->env = make_rocksdb_env(files, wanted.max_sleep_us);
  parts->filter = make_erased_rows_filter();

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, kBlockCacheShardBits);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = 8192;

  rocksdb::Options db_options;
  db_options.env = parts->env.get();
  db_options.create_if_missing = true;
  db_options.paranoid_checks = true;
  db_options.compression = rocksdb::kLZ4Compression;
  db_options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  db_options.table_properties_collector_factories.push_back(make_erased_rows_collector());
  db_options.compaction_filter = parts->filter.get();
  db_options.level_compaction_dynamic_level_bytes = true;
  db_options.write_buffer_size = wanted.write_buffer_bytes;
  db_options.max_write_buffer_number = kMaxWriteBuffers;
  db_options.max_background_jobs = kBackgroundJobs;
  db_options.max_open_files = wanted.max_open_files;
  db_options.rate_limiter = make_compaction_rate_limiter(wanted.compaction_bytes_per_second);
  db_options.listeners.push_back(std::make_shared<Listener>(wanted));
  db_options.info_log = make_rocksdb_log();
  // The tables are small enough to be opened when first needed; a start must be quick.
  db_options.skip_stats_update_on_db_open = true;
  db_options.stats_dump_period_sec = 0;
  db_options.stats_persist_period_sec = 0;
  // Whatever is not in files is in the segment log.
  db_options.avoid_flush_during_shutdown = true;
  db_options.avoid_flush_during_recovery = true;

  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      wanted.read_only ? rocksdb::DB::OpenForReadOnly(db_options, wanted.directory, &db)
                       : rocksdb::DB::Open(db_options, wanted.directory, &db);
  if (!status.ok()) {
    Error error = row_error(status, wanted.directory);
    if (error.code == ErrorCode::corruption)
      error.message += damaged_tables(files, db_options, wanted.directory);
    return fail(std::move(error));
  }
  parts->db.reset(db);
  return std::unique_ptr<RowStore>(new RowStore(std::move(parts)));
}

Result<RowStore::Lookup> RowStore::get(std::string_view key, Wait wait) const {
  RowCache& cache = parts_->row_cache;
  const RowCache::Ticket ticket = cache.ticket(key);
  Lookup lookup;
  if (std::optional<RowCache::Row> row = cache.find(ticket, key)) {
    lookup.value = *std::move(row);
    return lookup;
  }
  rocksdb::DB& db = *parts_->db;
  rocksdb::PinnableSlice value;
  const Waiting waiting(wait);
  const rocksdb::Status status =
      db.Get(read_options(), db.DefaultColumnFamily(), slice(key), &value);
  if (waiting.refused()) {
    lookup.would_block = true;
    return lookup;
  }
  if (status.ok())
    lookup.value = row_value(value);
  else if (!status.IsNotFound())
    return fail(row_error(status, parts_->options.directory));
  cache.keep(ticket, key, lookup.value);
  return lookup;
}

Result<RowStore::Lookups> RowStore::get_all(std::span<const std::string> keys, Wait wait) const {
  RowCache& cache = parts_->row_cache;
  std::vector<RowCache::Ticket> tickets;
  tickets.reserve(keys.size());
  for (const std::string& key : keys) tickets.push_back(cache.ticket(key));
  Lookups lookups;
  lookups.values.resize(keys.size());
  if (parts_->find_all(keys, tickets, lookups.values)) return lookups;

  rocksdb::DB& db = *parts_->db;
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  const Waiting waiting(wait);
  db.MultiGet(read_options(), db.DefaultColumnFamily(), keys.size(), slices.data(), values.data(),
              statuses.data());
  if (waiting.refused()) return Lookups{true, {}};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    lookups.values[i].reset();
    if (statuses[i].ok())
      lookups.values[i] = row_value(values[i]);
    else if (!statuses[i].IsNotFound())
      return fail(row_error(statuses[i], parts_->options.directory));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) cache.keep(tickets[i], keys[i], lookups.values[i]);
  return lookups;
}

std::unique_ptr<RowStore::View> RowStore::view() const {
  return std::make_unique<View>(*parts_->db, parts_->db->GetSnapshot());
}

RowStore::View::~View() {
  db_.ReleaseSnapshot(snapshot_);
}

RowStore::View::Walked RowStore::View::walk(const BaseSnapshot::Walk& walk, Wait wait) const {
  rocksdb::ReadOptions options = read_options();
  options.snapshot = snapshot_;
  if (wait == Wait::no) options.max_skippable_internal_keys = kMaxSkippedInPlace;
  const Waiting waiting(wait);
  RowCursor cursor(std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(options)));
  Result<ScanPage> page = walk(cursor);
  if (waiting.refused() || cursor.gave_up()) return {true, std::nullopt};
  return {false, std::move(page)};
}

Result<> RowStore::apply(RowBatch& batch) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  RowCache::Change change(parts_->row_cache, *batch.batch_);
  const rocksdb::Status status = parts_->db->Write(options, batch.batch_.get());
  if (!status.ok()) return fail(row_error(status, parts_->options.directory));
  change.done();
  return {};
}

Result<std::optional<std::string>> RowStore::get_flushed(std::string_view key) const {
  rocksdb::ReadOptions options = read_options();
  options.read_tier = rocksdb::kPersistedTier;
  std::string value;
  const rocksdb::Status status = parts_->db->Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return fail(row_error(status, parts_->options.directory));
  return std::optional<std::string>(std::move(value));
}

Result<> RowStore::for_each(
    std::string_view from, std::string_view to,
    const std::function<Result<>(std::string_view, std::string_view)>& visit) const {
  rocksdb::ReadOptions options = read_options();
  const rocksdb::Slice upper = slice(to);
  if (!to.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(parts_->db->NewIterator(options));
  for (it->Seek(slice(from)); it->Valid(); it->Next())
    if (!it->value().empty()) DYAD_TRY(visit(view_of(it->key()), view_of(it->value())));
  if (!it->status().ok()) return fail(row_error(it->status(), parts_->options.directory));
  return {};
}

Result<bool> RowStore::has_rows(std::string_view from, std::string_view to) const {
  rocksdb::ReadOptions options = read_options();
  const rocksdb::Slice upper = slice(to);
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(parts_->db->NewIterator(options));
  it->Seek(slice(from));
  if (!it->status().ok()) return fail(row_error(it->status(), parts_->options.directory));
  return it->Valid();
}

Result<> RowStore::flush() {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;
  const rocksdb::Status status = parts_->db->Flush(options);
  if (!status.ok()) return fail(row_error(status, parts_->options.directory));
  return {};
}

std::uint64_t RowStore::unflushed_bytes() const {
  std::uint64_t bytes = 0;
  parts_->db->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  return bytes;
}

void RowStore::resume() {
  const rocksdb::Status status = parts_->db->Resume();
  if (!status.ok()) log::debug("rows still wait for disk space", "status={}", status.ToString());
}

Result<> RowStore::checkpoint(const std::string& directory) {
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(parts_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  constexpr std::uint64_t kAlwaysFlush = 0;
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory, kAlwaysFlush);
  if (!status.ok()) return fail(row_error(status, directory));
  return {};
}

Result<> RowStore::drop_files(std::string_view from, std::string_view to) {
  const rocksdb::Slice begin = slice(from), end = slice(to);
  rocksdb::DB& db = *parts_->db;
  const rocksdb::Status status =
      rocksdb::DeleteFilesInRange(&db, db.DefaultColumnFamily(), &begin, &end, false);
  if (!status.ok()) return fail(row_error(status, parts_->options.directory));
  return {};
}

Result<> RowStore::verify_checksums() {
  const rocksdb::Status status = parts_->db->VerifyChecksum(read_options());
  if (!status.ok()) return fail(row_error(status, parts_->options.directory));
  return {};
}

RowStore::Stats RowStore::stats() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  parts_->db->GetLiveFilesMetaData(&files);
  Stats stats;
  for (const auto& file : files) {
    ++stats.live_files;
    stats.live_bytes += file.size;
  }
  return stats;
}

}  // namespace dyad::store::embedded
