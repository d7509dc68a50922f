#include "server/maintenance.h"

#include <algorithm>

#include "base/log.h"
#include "runtime/sync_wait.h"

namespace dyad::server {
namespace {

/// How long a loop sleeps at most before it looks whether it shall end.
constexpr std::int64_t kStopCheckMs = 50;
/// A pass that failed fails again as a rule, and says so each time.
constexpr std::int64_t kPauseAfterErrorMs = 5'000;

}  // namespace

Maintenance::Maintenance(Reactor& reactor, const Clock& clock, table::Tables& tables,
                         blob::BlobStore& blobs, const table::ReadPins& pins, DiskSpace& space,
                         MaintenanceOptions options)
    : reactor_(reactor),
      clock_(clock),
      tables_(tables),
      space_(space),
      reaper_(tables.store(), blobs, pins),
      split_policy_(tables, table::SplitOptions()),
      index_backfill_(tables, table::BackfillOptions()),
      options_(options) {}

void Maintenance::start() {
  const auto begin = [this](std::int64_t every_ms, Task<Result<>> (Maintenance::*pass)(Deadline),
                            const char* name) {
    if (auto inside = gate_.enter()) reactor_.spawn(loop(every_ms, pass, name, std::move(*inside)));
  };
  begin(options_.reap_every_ms, &Maintenance::reap, "reap");
  begin(options_.split_look_every_ms, &Maintenance::look_for_splits, "split");
  begin(options_.trim_every_ms, &Maintenance::trim_logs, "trim");
  begin(options_.backfill_every_ms, &Maintenance::backfill, "backfill");
  begin(options_.look_for_space_every_ms, &Maintenance::look_for_space, "space");
}

void Maintenance::stop() {
  sync_wait(reactor_, end());
}

Task<void> Maintenance::end() {
  co_await gate_.close();
}

Task<void> Maintenance::loop(std::int64_t every_ms, Task<Result<>> (Maintenance::*pass)(Deadline),
                             const char* name, [[maybe_unused]] Gate::Pass inside) {
  std::int64_t next_us = clock_.steady_us() + every_ms * 1000;
  while (!gate_.closed()) {
    if (clock_.steady_us() < next_us) {
      co_await SleepUntil(std::min(next_us, clock_.steady_us() + kStopCheckMs * 1000));
      continue;
    }
    const Result<> done =
        co_await (this->*pass)(Deadline::after_ms(clock_, options_.pass_deadline_ms));
    if (!done)
      log::warning("maintenance pass failed", "pass={} error=\"{}\"", name,
                   done.error().to_string());
    const std::int64_t pause_ms = done ? every_ms : std::max(every_ms, kPauseAfterErrorMs);
    next_us = clock_.steady_us() + pause_ms * 1000;
  }
}

Task<Result<>> Maintenance::reap(Deadline deadline) {
  std::uint64_t erased = 0;
  while (true) {
    DYAD_CO_TRY_ASSIGN(const table::Reaper::Pass pass, co_await reaper_.pass(deadline));
    erased += pass.erased_blobs;
    // More that a reader holds back waits for the next time; a backlog does not, or it would grow
    // as fast as objects are overwritten.
    const bool backlog = pass.more && pass.erased_blobs > 0;
    if (!backlog || gate_.closed() || deadline.passed(clock_)) break;
  }
  if (erased > 0) log::debug("erased released bytes", "blobs={}", erased);
  co_return Result<>();
}

Task<Result<>> Maintenance::look_for_splits(Deadline deadline) {
  DYAD_CO_TRY(co_await split_policy_.look(deadline));
  co_return Result<>();
}

Task<Result<>> Maintenance::backfill(Deadline deadline) {
  while (true) {
    DYAD_CO_TRY_ASSIGN(const table::IndexBackfill::Pass pass,
                       co_await index_backfill_.pass(deadline));
    // Where nothing moved something is in the way, and the timer tries again.
    if (!pass.more || pass.rows == 0 || gate_.closed() || deadline.passed(clock_))
      co_return Result<>();
  }
}

Task<Result<>> Maintenance::look_for_space(Deadline) {
  space_.ask();
  co_return Result<>();
}

/// Entries live as long as a follower's cursor holds them (the store never trims past one), and no
/// longer.
Task<Result<>> Maintenance::trim_logs(Deadline deadline) {
  store::Store& store = tables_.store();
  for (const store::PartitionInfo& partition : store.partitions()) {
    const auto former = trimmed_at_.find(partition.id);
    if (former != trimmed_at_.end() && former->second == partition.writes) continue;
    if (deadline.passed(clock_)) break;
    const Timestamp upto = store.durable_upto();
    const Result<Timestamp> trimmed = co_await store.trim_log(partition.id, upto);
    if (trimmed) {
      // A follower that held it back may let go without another write.
      if (*trimmed >= upto) trimmed_at_[partition.id] = partition.writes;
    } else if (trimmed.error().code != ErrorCode::not_found) {
      co_return fail(trimmed.error());
    }
  }
  co_return Result<>();
}

}  // namespace dyad::server
