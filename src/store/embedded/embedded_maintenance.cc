#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "store/embedded/embedded_backend.h"
#include "store/embedded/store_format.h"

// What happens behind requests, on the worker pool, one job at a time.

namespace dyad::store::embedded {

bool EmbeddedBackend::has_work() {
  if (has_failed_.load(std::memory_order_acquire)) return false;
  if (log_->wants_next() || signals_->flush_seen.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(mutex_);
  if (!dropped_.empty() || floors_moved_.load(std::memory_order_acquire)) return true;
  if (erased_in_memory_.load(std::memory_order_relaxed) > options_.max_erased_in_memory)
    return true;
  return log_->bytes_after(flushed_) > options_.max_replay_bytes;
}

void EmbeddedBackend::maintain() {
  // The segments' sizes are looked at under locks; not at every commit.
  constexpr std::uint64_t kLookEvery = 16;
  const bool look = commits_.fetch_add(1, std::memory_order_relaxed) % kLookEvery == 0 ||
                    log_->wants_next() || signals_->flush_seen.load(std::memory_order_relaxed);
  if (!look || maintaining_.load(std::memory_order_acquire)) return;
  if (!has_work()) return;
  {
    const std::lock_guard lock(maintenance_mutex_);
    if (closing_ || maintaining_) return;
    maintaining_ = true;
  }
  // A full queue: the next commit tries again.
  if (!runtime_.workers().submit([this] { run_maintenance(); })) end_maintenance();
}

void EmbeddedBackend::end_maintenance() {
  Completion<bool>* waiter = nullptr;
  {
    const std::lock_guard lock(maintenance_mutex_);
    maintaining_ = false;
    waiter = std::exchange(maintenance_waiter_, nullptr);
  }
  // Whoever waits may destroy this object as soon as it is told.
  if (waiter != nullptr) waiter->set(true);
}

void EmbeddedBackend::run_maintenance() {
  const Result<> done = maintain_once();
  if (!done && done.error().code != ErrorCode::no_space) fail_for_good(done.error());
  if (!done && done.error().code == ErrorCode::no_space && space_->tells_now())
    log::warning("the store waits for disk space", "directory={} error=\"{}\"", directory_,
                 done.error().message);
  end_maintenance();
}

/// A full disk ends no step but its own: the next ones may make room.
Result<> EmbeddedBackend::maintain_once() {
  Result<> waiting;
  const auto done = [&](Result<> step) -> Result<> {
    if (step || step.error().code != ErrorCode::no_space) return step;
    waiting = std::move(step);
    return {};
  };
  DYAD_TRY(done(prepare_segment()));
  DYAD_TRY(done(erase_dropped_rows()));
  LogPosition flushed;
  {
    const std::lock_guard lock(mutex_);
    flushed = flushed_;
  }
  if (log_->bytes_after(flushed) > options_.max_replay_bytes ||
      erased_in_memory_.load(std::memory_order_relaxed) > options_.max_erased_in_memory) {
    erased_in_memory_.store(0, std::memory_order_relaxed);
    DYAD_TRY(done(rows_->flush()));
  }
  DYAD_TRY(done(let_segments_go()));
  if (!waiting) waiting = prepare_segment();  // One that was let go may serve.
  return waiting;
}

Result<> EmbeddedBackend::prepare_segment() {
  if (!log_->wants_next()) return {};
  Result<> prepared = log_->prepare_next();
  out_of_segments_.store(!prepared && prepared.error().code == ErrorCode::no_space);
  return prepared;
}

Result<> EmbeddedBackend::let_segments_go() {
  signals_->flush_seen.store(false, std::memory_order_release);
  floors_moved_.store(false, std::memory_order_release);
  DYAD_TRY(note_flushed());
  const std::lock_guard retiring(retire_mutex_);
  if (retire_held_) return {};  // Who lets go of it has this looked at again.
  LogPosition flushed;
  {
    const std::lock_guard lock(mutex_);
    flushed = flushed_;
  }
  const Result<SegmentLog::Retired> retired =
      log_->retire(flushed, [this](PartitionId partition) { return floor_of(partition); });
  if (!retired) return fail(retired.error());
  return {};
}

Result<> EmbeddedBackend::note_flushed() {
  DYAD_TRY_ASSIGN(const std::optional<std::string> row, rows_->get_flushed(applied_key()));
  if (!row) return {};
  const std::optional<LogPosition> position = decode_position(*row);
  if (!position)
    return fail(ErrorCode::corruption, directory_ + "/rows: the applied position is no position");
  const std::lock_guard lock(mutex_);
  flushed_ = *position;
  return {};
}

Timestamp EmbeddedBackend::floor_of(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? Timestamp(UINT64_MAX) : found->second.floor;
}

void EmbeddedBackend::reclaim(const PartitionRecord& dropped) {
  if (!dropped.live()) return;
  const std::lock_guard lock(mutex_);
  dropped_.emplace(dropped.id, dropped);
  signals_->flush_seen.store(true, std::memory_order_release);  // Has maintain() look at once.
}

Result<> EmbeddedBackend::erase_dropped_rows() {
  for (;;) {
    PartitionRecord record;
    {
      const std::lock_guard lock(mutex_);
      if (dropped_.empty()) return {};
      record = dropped_.begin()->second;
    }
    DYAD_TRY(erase_rows_of(record));
    const std::lock_guard lock(mutex_);
    dropped_.erase(record.id);
  }
}

/// Not logged: until the erasure is in files, so is the row that asks for it, and a restart does it
/// again.
Result<> EmbeddedBackend::erase_rows_of(const PartitionRecord& dropped) {
  const std::string begin = physical_key(dropped.root, "");
  const std::string end = physical_end(dropped.root);
  RowBatch batch;
  if (dropped.lower.empty() && dropped.upper.empty()) {
    DYAD_TRY(rows_->drop_files(begin, end));
    batch.erase_range(begin, end);
  } else {
    // Siblings live under the same root: each kind's range by itself.
    for (int kind = 0; kind < 256; ++kind) {
      const std::string prefix = begin + static_cast<char>(kind);
      const std::string from = prefix + dropped.lower;
      const std::string to = dropped.upper.empty()
                                 ? (kind == 255 ? end : begin + static_cast<char>(kind + 1))
                                 : prefix + dropped.upper;
      DYAD_TRY_ASSIGN(const bool any, rows_->has_rows(from, to));
      if (any) batch.erase_range(from, to);
    }
  }
  batch.erase(dropped_key(dropped.id));
  return rows_->apply(batch);
}

Task<void> EmbeddedBackend::wait_for_maintenance() {
  Completion<bool> over;
  {
    const std::lock_guard lock(maintenance_mutex_);
    closing_ = true;
    if (!maintaining_) co_return;
    maintenance_waiter_ = &over;
  }
  co_await over;
}

Task<Result<>> EmbeddedBackend::close(Timestamp ceiling) {
  co_await wait_for_maintenance();
  const auto work = [this, ceiling] { return close_now(ceiling); };
  Result<> closed = co_await runtime_.workers().run(work);
  co_return closed;
}

/// On a full disk the log has it all, and the next start replays it.
Result<> EmbeddedBackend::close_now(Timestamp ceiling) {
  const Result<> left = leave_files(ceiling);
  if (!left) {
    if (left.error().code != ErrorCode::no_space && !stopped_full_.load(std::memory_order_acquire))
      return left;
    log::warning("closed on a full disk; the next start replays the log",
                 "directory={} error=\"{}\"", directory_, left.error().message);
  }
  rows_.reset();
  log_.reset();
  lock_.reset();
  return {};
}

/// Everything in files, so that the next start replays nothing.
Result<> EmbeddedBackend::leave_files(Timestamp ceiling) {
  DYAD_TRY(healthy());
  DYAD_TRY_ASSIGN(const LogPosition tail, log_->close());
  RowBatch batch;
  counters_.ceiling = std::max(counters_.ceiling, ceiling);
  batch.put(counters_key(), encode_counters(counters_));
  batch.put(applied_key(), encode_position(tail));
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, floor] : wanted_floors_)
      if (partitions_.contains(partition)) batch.put(floor_key(partition), encode_timestamp(floor));
  }
  DYAD_TRY(rows_->apply(batch));
  DYAD_TRY(rows_->flush());
  return write_clean_mark(runtime_.files(), directory_, tail);
}

}  // namespace dyad::store::embedded
