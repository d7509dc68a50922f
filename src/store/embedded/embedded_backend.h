#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "runtime/runtime.h"
#include "store/backend.h"
#include "store/embedded/catalog_mirror.h"
#include "store/embedded/embedded_options.h"
#include "store/embedded/meta_rows.h"
#include "store/embedded/row_store.h"
#include "store/embedded/segment_log.h"

namespace dyad::store::embedded {

/// The base of the embedded engine: a batch goes to the segment log in one durable write, then to
/// the rows.
class EmbeddedBackend final : public Backend {
 public:
  /// Through which RocksDB's threads, there before the backend and after it, reach it.
  struct Signals {
    std::mutex mutex;
    EmbeddedBackend* backend = nullptr;
    std::optional<Error> failed;  ///< Before there was a backend.
    std::atomic<bool> flush_seen = true;
  };
  /// What of the engine is open. `lock` keeps other processes out.
  struct Opened {
    std::string directory;
    std::unique_ptr<FileLock> lock;
    std::shared_ptr<Signals> signals;
    std::unique_ptr<RowStore> rows;
    std::unique_ptr<SegmentLog> log;
  };
  /// Blocks. Reads the engine's own rows and the catalogue's.
  static Result<std::unique_ptr<EmbeddedBackend>> make(Runtime& runtime, EmbeddedOptions options,
                                                       Opened opened, Recovered& recovered);
  ~EmbeddedBackend() override;

  Task<Result<std::optional<std::string>>> read(std::string_view physical) override;
  Task<Result<std::vector<std::optional<std::string>>>> read_all(
      std::span<const std::string> physical) override;
  std::unique_ptr<BaseSnapshot> snapshot() override;
  Result<> admit(std::size_t bytes, bool frees) override;
  CommitLine* commit_line() override { return options_.commit_line.get(); }
  Task<Result<>> commit(const CommitBatch& batch) override;
  void reclaim(const PartitionRecord& dropped) override;
  Task<Result<LogEntries>> read_log(PartitionId partition, Timestamp after, Timestamp upto,
                                    const LogLimits& limits) override;
  Task<Result<>> trim_log(PartitionId partition, Timestamp upto) override;
  Task<Result<std::unique_ptr<Moment>>> hold_moment() override;
  Task<Result<>> close(Timestamp ceiling) override;

  /// The process's end was asked for: everything fails from here on. From any thread.
  void fail_for_good(const Error& error);

 private:
  struct PartitionState {
    PartitionRecord record;
    Timestamp floor;                               ///< Durable: entries at or before are let go.
    std::set<std::string, std::less<>> followers;  ///< Who has a cursor row.
  };

  EmbeddedBackend(Runtime& runtime, EmbeddedOptions options, Opened opened);
  Result<> load(Recovered& recovered);
  Result<> load_meta_row(std::string_view key, std::string_view value);

  // Encoding of a batch (embedded_commit.cc). Each writes to log and rows alike.
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  void encode(const CommitBatch& batch);
  void encode_changes(const OrderedTransaction& transaction);
  void encode_drop(PartitionId id);
  void encode_cursor(const CursorMove& move);
  void encode_bookkeeping(const CommitBatch& batch);
  void mirror(const CommitBatch& batch);
  Result<> begin_commit(const CommitBatch& batch);
  Task<Result<LogPosition>> append_when_there_is_room();
  Task<Result<>> apply_when_there_is_room();
  Task<Result<>> wait_for_room(const Error& error);
  void note_unwritten(const CommitBatch& batch);
  void end_commit(const CommitBatch& batch);

  // Work behind requests (embedded_maintenance.cc), one job at a time.
  bool has_work();
  void maintain();
  void run_maintenance();
  void end_maintenance();
  Result<> maintain_once();
  Result<> prepare_segment();
  Result<> erase_dropped_rows();
  Result<> erase_rows_of(const PartitionRecord& dropped);
  Result<> let_segments_go();
  Result<> note_flushed();
  Timestamp floor_of(PartitionId partition) const;
  Task<void> wait_for_maintenance();
  Result<> close_now(Timestamp ceiling);
  Result<> leave_files(Timestamp ceiling);

  // A moment for a backup (embedded_moment.cc).
  Result<std::unique_ptr<Moment>> hold_moment_now();
  Result<std::unique_ptr<Moment>> make_moment(std::shared_ptr<const void> turn);

  Result<> healthy() const;
  void end_without_harm(Error error);

  Runtime& runtime_;
  const EmbeddedOptions options_;
  const std::string directory_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<RowStore> rows_;
  std::unique_ptr<SegmentLog> log_;
  const std::shared_ptr<Signals> signals_;
  CatalogMirror mirror_;

  // The committer's own.
  BatchBuilder log_batch_;
  RowBatch row_batch_;
  Counters counters_;
  std::vector<PartitionId> dropped_now_;  ///< Leave `partitions_` once the batch is in the rows.
  std::vector<std::pair<PartitionId, Timestamp>> floors_now_;  ///< Hold once the batch is durable.

  mutable std::mutex mutex_;
  std::map<PartitionId, PartitionState> partitions_;
  std::map<PartitionId, Timestamp> wanted_floors_;  ///< Trimmed; durable with the next batch.
  std::map<PartitionId, PartitionRecord> dropped_;  ///< Rows to be erased.
  std::map<std::pair<PartitionId, std::string>, Timestamp> loaded_cursors_;  ///< While loading.
  LogPosition flushed_;  ///< Replay begins here or later.
  std::optional<Error> failed_;
  std::atomic<bool> has_failed_ = false;
  std::atomic<bool> stopped_full_ = false;  ///< `failed_` is a stop on a full disk.

  std::atomic<std::uint64_t> commits_ = 0;
  std::atomic<std::uint64_t> erased_in_memory_ = 0;  ///< About; since the last flush for them.
  std::atomic<bool> floors_moved_ = false;           ///< Segments may be needed less than before.
  std::atomic<bool> out_of_segments_ = false;        ///< The disk had no room for the next one.
  std::atomic<bool> maintaining_ = false;
  std::mutex retire_mutex_;  ///< Held while segments go; guards the next.
  bool retire_held_ = false;
  std::weak_ptr<const void> moment_;  ///< Who holds one; under mutex_.
  std::mutex maintenance_mutex_;
  Completion<bool>* maintenance_waiter_ = nullptr;
  bool closing_ = false;

  const std::shared_ptr<DiskSpace> space_;
  std::atomic<bool> waiting_for_room_ = false;       ///< The committer, with a batch in hand.
  std::atomic<std::int64_t> asked_for_room_us_ = 0;  ///< When maintenance was last asked for it.
  std::uint64_t bytes_since_note_ = 0;               ///< The committer's own.
};

}  // namespace dyad::store::embedded
