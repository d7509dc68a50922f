#pragma once

#include <climits>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "runtime/disk_space.h"
#include "store/commit_line.h"

namespace dyad::store {

struct EmbeddedOptions {
  std::uint64_t segment_bytes = 64u << 20;
  /// For what was read: rows, half of it, and blocks of RocksDB's files.
  std::size_t cache_bytes = 256u << 20;
  /// Of one of up to four buffers of rows that are not in files yet.
  std::size_t write_buffer_bytes = 64u << 20;
  std::uint64_t compaction_bytes_per_second = 40u << 20;
  int max_open_files = 1000;
  /// The catalogue's rows are kept in memory up to this size.
  std::size_t catalog_mirror_bytes = 64u << 20;
  /// Below this much free space, writes other than erasures get no_space.
  std::uint64_t reserve_bytes = 256u << 20;
  /// The same for all that write to this disk; it then says how much is kept in reserve. None: one
  /// of the store's own.
  std::shared_ptr<DiskSpace> space;
  /// Where the line before the committer is told. None: to nobody.
  std::shared_ptr<CommitLine> commit_line;
  /// When a restart would have to read more of the log than this, rows are written to files.
  std::uint64_t max_replay_bytes = 256u << 20;
  /// More erased rows than this in memory, over which scans have to step, are written to files,
  /// where compaction takes them away: a step costs 0.4 us.
  std::uint64_t max_erased_in_memory = 30'000;
  /// See SegmentLogOptions.
  std::uint32_t keep_below_percent = 25;
  /// How long RocksDB's threads wait after a failure, at most; tests that fail much want less.
  int max_background_sleep_us = INT_MAX;
  /// What is on the disk is not known any more (a flush failed). Must not return, but in tests,
  /// where the store then refuses everything. Empty: logs the error and aborts the process. From
  /// any thread.
  std::function<void(const Error&)> fatal;
};

}  // namespace dyad::store
