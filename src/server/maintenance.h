#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/clock.h"
#include "blob/blob_store.h"
#include "runtime/disk_space.h"
#include "runtime/gate.h"
#include "runtime/reactor.h"
#include "table/index_backfill.h"
#include "table/read_pins.h"
#include "table/reaper.h"
#include "table/split_policy.h"
#include "table/tables.h"

namespace dyad::server {

struct MaintenanceOptions {
  std::int64_t reap_every_ms = 1'000;
  std::int64_t split_look_every_ms = 5'000;
  std::int64_t trim_every_ms = 5'000;
  /// How soon at most an index that was added begins to be built.
  std::int64_t backfill_every_ms = 200;
  /// Where writes come, the disk is looked at more often (runtime/disk_space.h).
  std::int64_t look_for_space_every_ms = 1'000;
  std::int64_t pass_deadline_ms = 30'000;
};

/// What goes on beside requests: erasing released bytes, splitting busy partitions, letting go of
/// log entries that no follower needs, building indexes, looking how much room the disk has. Each
/// is a bounded pass on a timer of one reactor.
class Maintenance {
 public:
  Maintenance(Reactor& reactor, const Clock& clock, table::Tables& tables, blob::BlobStore& blobs,
              const table::ReadPins& pins, DiskSpace& space, MaintenanceOptions options);

  void start();
  /// Returns when no pass is under way. From a plain thread.
  void stop();

 private:
  Task<void> loop(std::int64_t every_ms, Task<Result<>> (Maintenance::*pass)(Deadline),
                  const char* name, Gate::Pass inside);
  Task<Result<>> reap(Deadline deadline);
  Task<Result<>> look_for_splits(Deadline deadline);
  Task<Result<>> trim_logs(Deadline deadline);
  Task<Result<>> backfill(Deadline deadline);
  Task<Result<>> look_for_space(Deadline deadline);
  Task<void> end();

  Reactor& reactor_;
  const Clock& clock_;
  table::Tables& tables_;
  DiskSpace& space_;
  table::Reaper reaper_;
  table::SplitPolicy split_policy_;
  table::IndexBackfill index_backfill_;
  const MaintenanceOptions options_;
  Gate gate_;
  /// PartitionInfo::writes when the partition's log was last trimmed.
  std::unordered_map<store::PartitionId, std::uint64_t> trimmed_at_;
};

}  // namespace dyad::server
