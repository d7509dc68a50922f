#include "store/embedded/embedded_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "base/log.h"

namespace dyad::store::embedded {
namespace {

/// How often writes that are refused for want of a segment ask for one.
constexpr std::int64_t kAskForRoomEveryUs = 50'000;

/// A moment of the rows for a scan: first what memory can serve, in place; else all of it on a
/// worker.
class EmbeddedSnapshot final : public BaseSnapshot {
 public:
  EmbeddedSnapshot(std::unique_ptr<RowStore::View> view, WorkerPool& workers)
      : view_(std::move(view)), workers_(workers) {}

  Task<Result<ScanPage>> walk(const Walk& walk) override {
    RowStore::View::Walked walked = view_->walk(walk, RowStore::Wait::no);
    if (!walked.would_block) co_return std::move(*walked.page);
    const auto work = [this, &walk] {
      return std::move(*view_->walk(walk, RowStore::Wait::yes).page);
    };
    Result<ScanPage> page = co_await workers_.run(work);
    co_return page;
  }

 private:
  std::unique_ptr<RowStore::View> view_;
  WorkerPool& workers_;
};

}  // namespace

EmbeddedBackend::EmbeddedBackend(Runtime& runtime, EmbeddedOptions options, Opened opened)
    : runtime_(runtime),
      options_(std::move(options)),
      directory_(std::move(opened.directory)),
      lock_(std::move(opened.lock)),
      rows_(std::move(opened.rows)),
      log_(std::move(opened.log)),
      signals_(std::move(opened.signals)),
      mirror_(options_.catalog_mirror_bytes),
      space_(options_.space ? options_.space
                            : DiskSpace::watch(runtime, directory_, options_.reserve_bytes)) {
  signals_->backend = this;
}

EmbeddedBackend::~EmbeddedBackend() {
  // RocksDB's threads end before what they call.
  rows_.reset();
}

Result<std::unique_ptr<EmbeddedBackend>> EmbeddedBackend::make(Runtime& runtime,
                                                               EmbeddedOptions options,
                                                               Opened opened,
                                                               Recovered& recovered) {
  std::unique_ptr<EmbeddedBackend> backend(
      new EmbeddedBackend(runtime, std::move(options), std::move(opened)));
  DYAD_TRY(backend->load(recovered));
  return backend;
}

Result<> EmbeddedBackend::load(Recovered& recovered) {
  DYAD_TRY(rows_->for_each(kMetaPrefix, {}, [&](std::string_view key, std::string_view value) {
    return load_meta_row(key, value);
  }));
  partitions_.try_emplace(kCatalogPartition);  // Always there, and in no row.
  for (const auto& [id, state] : partitions_)
    if (state.record.id != id)
      return fail(ErrorCode::corruption,
                  fmt::format("{}/rows: partition {} is not described", directory_, id.value()));
  const std::string end = physical_end(kCatalogPartition);
  DYAD_TRY(rows_->for_each(physical_key(kCatalogPartition, ""), end,
                           [&](std::string_view key, std::string_view value) -> Result<> {
                             mirror_.put(key, value);
                             return {};
                           }));
  DYAD_TRY(note_flushed());
  recovered.durable_upto = log_->durable_upto();
  recovered.ceiling = counters_.ceiling;
  recovered.next_partition_id = counters_.next_partition_id;
  for (auto& [id, state] : partitions_) {
    if (id != kCatalogPartition) recovered.partitions.push_back(state.record);
    LogMark mark{id, state.floor, {}};
    for (const std::string& follower : state.followers)
      mark.cursors.emplace_back(follower, loaded_cursors_[{id, follower}]);
    if (mark.trimmed_upto != Timestamp() || !mark.cursors.empty())
      recovered.marks.push_back(std::move(mark));
  }
  loaded_cursors_.clear();
  return {};
}

Result<> EmbeddedBackend::load_meta_row(std::string_view key, std::string_view value) {
  const std::optional<MetaKey> parsed = parse_meta_key(key);
  bool good = parsed.has_value();
  if (good) {
    PartitionState* const state =
        parsed->kind == MetaKind::cursor || parsed->kind == MetaKind::floor
            ? &partitions_[parsed->partition]
            : nullptr;
    switch (parsed->kind) {
      case MetaKind::applied:
        good = decode_position(value).has_value();
        break;
      case MetaKind::counters:
        if (const auto counters = decode_counters(value))
          counters_ = *counters;
        else
          good = false;
        break;
      case MetaKind::partition:
      case MetaKind::dropped: {
        auto record = decode_partition(value);
        good = record && record->id == parsed->partition;
        if (!good) break;
        if (parsed->kind == MetaKind::partition)
          partitions_[record->id].record = std::move(*record);
        else
          dropped_.emplace(record->id, std::move(*record));
        break;
      }
      case MetaKind::cursor:
        state->followers.emplace(parsed->follower);
        [[fallthrough]];
      case MetaKind::floor: {
        const auto timestamp = decode_timestamp(value);
        good = timestamp.has_value();
        if (!good) break;
        if (parsed->kind == MetaKind::floor)
          state->floor = *timestamp;
        else
          loaded_cursors_[{parsed->partition, std::string(parsed->follower)}] = *timestamp;
        break;
      }
    }
  }
  if (good) return {};
  return fail(ErrorCode::corruption,
              fmt::format("{}/rows: the row {} is not one of this version", directory_,
                          to_hex(key.substr(kMetaPrefix.size()))));
}

Result<> EmbeddedBackend::healthy() const {
  if (!has_failed_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  return fail(*failed_);
}

/// Nothing is committed from here on; what is on the disk is known, and enough for the next start.
void EmbeddedBackend::end_without_harm(Error error) {
  const std::lock_guard lock(mutex_);
  if (failed_) return;
  failed_ = std::move(error);
  stopped_full_.store(true, std::memory_order_release);
  has_failed_.store(true, std::memory_order_release);
}

void EmbeddedBackend::fail_for_good(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    failed_ = error;
    has_failed_.store(true, std::memory_order_release);
  }
  log::error("the disk failed; the process ends, and the next start recovers",
             "directory={} error=\"{}\"", directory_, error.to_string());
  if (!options_.fatal) std::abort();
  options_.fatal(error);
}

Task<Result<std::optional<std::string>>> EmbeddedBackend::read(std::string_view physical) {
  using Value = Result<std::optional<std::string>>;
  if (CatalogMirror::covers(physical)) {
    std::optional<std::string> value;
    if (mirror_.find(physical, value)) co_return Value(std::move(value));
  }
  DYAD_CO_TRY_ASSIGN(RowStore::Lookup lookup, rows_->get(physical, RowStore::Wait::no));
  if (!lookup.would_block) co_return Value(std::move(lookup.value));
  const auto work = [this, physical]() -> Value {
    DYAD_TRY_ASSIGN(RowStore::Lookup found, rows_->get(physical, RowStore::Wait::yes));
    return std::move(found.value);
  };
  Value value = co_await runtime_.workers().run(work);
  co_return value;
}

Task<Result<std::vector<std::optional<std::string>>>> EmbeddedBackend::read_all(
    std::span<const std::string> physical) {
  using Values = Result<std::vector<std::optional<std::string>>>;
  DYAD_CO_TRY_ASSIGN(RowStore::Lookups lookups, rows_->get_all(physical, RowStore::Wait::no));
  if (!lookups.would_block) co_return Values(std::move(lookups.values));
  const auto work = [this, physical]() -> Values {
    DYAD_TRY_ASSIGN(RowStore::Lookups found, rows_->get_all(physical, RowStore::Wait::yes));
    return std::move(found.values);
  };
  Values values = co_await runtime_.workers().run(work);
  co_return values;
}

std::unique_ptr<BaseSnapshot> EmbeddedBackend::snapshot() {
  return std::make_unique<EmbeddedSnapshot>(rows_->view(), runtime_.workers());
}

Result<> EmbeddedBackend::admit(std::size_t bytes, bool frees) {
  DYAD_TRY(healthy());
  if (waiting_for_room_.load(std::memory_order_relaxed))
    return fail(ErrorCode::no_space, fmt::format("{}: the disk is full", directory_));
  if (out_of_segments_.load(std::memory_order_relaxed)) {
    const std::int64_t now = runtime_.clock().steady_us();
    if (now - asked_for_room_us_.load(std::memory_order_relaxed) >= kAskForRoomEveryUs) {
      asked_for_room_us_.store(now, std::memory_order_relaxed);
      maintain();
    }
    // What only frees may use up the active segment, up to what is on its way already.
    if (!frees || log_->room_bytes() < options_.segment_bytes / 8)
      return fail(ErrorCode::no_space, fmt::format("{}: no room for the log", directory_));
  }
  if (frees) return {};
  return space_->take(bytes);
}

Task<Result<LogEntries>> EmbeddedBackend::read_log(PartitionId partition, Timestamp after,
                                                   Timestamp upto, const LogLimits& limits) {
  const auto work = [this, partition, after, upto, limits] {
    return log_->read(partition, after, upto, limits);
  };
  Result<LogEntries> entries = co_await runtime_.workers().run(work);
  co_return entries;
}

Task<Result<>> EmbeddedBackend::trim_log(PartitionId partition, Timestamp upto) {
  const std::lock_guard lock(mutex_);
  Timestamp& wanted = wanted_floors_[partition];
  wanted = std::max(wanted, upto);
  co_return Result<>();
}

}  // namespace dyad::store::embedded
