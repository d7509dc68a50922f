#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/task.h"
#include "store/store.h"
#include "table/read_pins.h"
#include "table/tables.h"

namespace dyad::table {

/// Erases bytes that no row names any more, and the released rows that name them. Idempotent: bytes
/// first, then their row, so a crash in between brings it back to a blob that is gone already.
class Reaper {
 public:
  static constexpr std::size_t kMaxRowsPerPass = 1000;

  Reaper(store::Store& store, blob::BlobStore& blobs, const ReadPins& pins)
      : store_(store), blobs_(blobs), pins_(pins) {}

  struct Pass {
    std::uint64_t erased_blobs = 0;
    /// A limit ended the pass, a reader holds something back, or a partition moved meanwhile.
    bool more = false;
  };
  /// One bounded pass over the partitions that were written to since they were last found clean.
  Task<Result<Pass>> pass(Deadline deadline);

 private:
  Task<Result<>> reap_partition(store::PartitionId partition, std::string begin, Pass& pass,
                                std::size_t& budget, Deadline deadline);

  store::Store& store_;
  blob::BlobStore& blobs_;
  const ReadPins& pins_;
  /// PartitionInfo::writes of each partition when it was last found clean.
  std::unordered_map<store::PartitionId, std::uint64_t> clean_at_;
  /// Where the next pass begins: behind what the last one saw, so that rows which readers hold do
  /// not stand before others for good.
  store::PartitionId next_partition_;
  std::string next_row_;  ///< Empty: the partition's first.
};

/// What the former process left between finish() and the commit: asks the row that should name each
/// pending blob, and keeps or erases the bytes. Before the first request.
struct PendingOutcome {
  std::uint64_t kept = 0;
  std::uint64_t erased = 0;
};
Task<Result<PendingOutcome>> settle_pending_blobs(Tables& tables, blob::BlobStore& blobs,
                                                  Deadline deadline);

/// Is there a reference row for this blob under its owner? `owner` empty: under anybody, which
/// takes a look at every reference. Nobody may split meanwhile.
Task<Result<bool>> blob_is_referenced(Tables& tables, blob::BlobId blob, std::string owner,
                                      Deadline deadline);

}  // namespace dyad::table
