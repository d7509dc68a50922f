#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "runtime/files.h"
#include "runtime/held_file.h"
#include "store/backend.h"
#include "store/embedded/batch_builder.h"
#include "store/embedded/log_manifest.h"
#include "store/embedded/segment_reader.h"

namespace dyad::store::embedded {

/// A place between two records of the log.
struct LogPosition {
  std::uint64_t segment = 1;
  std::uint64_t offset = 0;    ///< In the segment; the next record's, if it still fits there.
  std::uint64_t sequence = 0;  ///< Of the record before; zero: none.
  Timestamp timestamp;         ///< Of the last transaction before.

  bool operator==(const LogPosition&) const = default;
};

struct SegmentLogOptions {
  std::string directory;
  std::uint64_t segment_bytes = 64u << 20;
  /// Seed of all checksums; the same for the log's whole life.
  std::uint64_t salt = 0;
  /// A segment that nothing but followers needs, and of which they need less than this share, is
  /// replaced by a file of just their entries.
  std::uint32_t keep_below_percent = 25;
};

/// The commit log, which is the partitions' change log as well: a chain of segment files, each
/// written from its start, one batch one write. All calls block; append, prepare_next, retire and
/// read may run at the same time on different threads, each of the first three on one at a time.
class SegmentLog {
 public:
  /// Called for each batch behind the position asked for, in order, with the position after it.
  using Replay =
      std::function<Result<>(const RecordHeader&, std::string_view payload, const LogPosition&)>;

  /// Opens or makes the log. Cuts a torn tail. corruption: a batch does not pass and is no torn
  /// tail, or a file is missing; names the file. `clean_tail`: where the last orderly close left
  /// the end; the search behind the tail is spared then, and a log that ends earlier is refused.
  static Result<std::unique_ptr<SegmentLog>> open(Files& files, SegmentLogOptions options,
                                                  const LogPosition& applied,
                                                  std::optional<LogPosition> clean_tail,
                                                  const Replay& replay);

  /// Durable when it returns. An error is final, the log takes nothing more; but for no_space where
  /// takes_more() still says so: there was no room for the next segment, nothing was written, and
  /// the same batch may be tried again.
  Result<LogPosition> append(BatchBuilder& batch);
  /// Of the appending thread only.
  bool takes_more() const { return !failed_; }

  /// True while the segment after the active one is not there yet.
  bool wants_next() const;
  /// Makes the segment that follows the active one. no_space is harmless: the active one goes on.
  Result<> prepare_next();

  /// Entries of `partition` in (after, upto]; those beyond what is durable are not there yet.
  /// corruption: names file and offset; nothing damaged is answered.
  Result<LogEntries> read(PartitionId partition, Timestamp after, Timestamp upto,
                          const LogLimits& limits) const;

  /// What of a partition is still needed: everything after the answer. Max Timestamp: nothing.
  using FloorOf = std::function<Timestamp(PartitionId)>;
  /// Lets segments go that neither replay from `applied` nor any floor needs; see
  /// keep_below_percent.
  struct Retired {
    std::uint32_t segments = 0;
    std::uint32_t rewritten = 0;
  };
  Result<Retired> retire(const LogPosition& applied, const FloorOf& floor_of);

  /// Seals the active segment if reading it at the next start would take long.
  Result<LogPosition> close();

  /// The log up to a position, as bytes that stay as they are for as long as they are held,
  /// whatever is appended and retired meanwhile.
  struct HeldSegment {
    HeldFile file;
    std::shared_ptr<const void> owner;  ///< Keeps its file from being used again.
  };
  struct Held {
    LogManifest manifest;
    std::vector<HeldSegment> segments;
  };
  /// `upto` is where the tail is or was; nothing may be retired from before then until this
  /// returns.
  Result<Held> hold(const LogPosition& upto) const;

  LogPosition tail() const;
  /// How much the active segment still takes, about.
  std::uint64_t room_bytes() const;
  Timestamp durable_upto() const;
  /// Bytes of batches behind `position`: how much a replay from there reads.
  std::uint64_t bytes_after(const LogPosition& position) const;
  struct Usage {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };
  Usage usage() const;

 private:
  struct Summary {
    Timestamp last;
    std::uint64_t bytes = 0;
  };
  /// One file of the chain. Everything but `index` is fixed once it is sealed.
  struct Segment {
    std::uint64_t id = 0;
    bool kept = false;
    bool sealed = false;
    std::shared_ptr<const RandomReadFile> file;
    std::string path;
    std::uint64_t file_bytes = 0;
    std::uint64_t data_end = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;
    Timestamp first;
    Timestamp last;
    std::map<PartitionId, Summary> summary;  ///< Of a sealed one.
    std::shared_ptr<const SegmentIndex>
        index;  ///< Of a sealed one, while loaded; guarded by mutex_.
  };
  using SegmentPtr = std::shared_ptr<Segment>;

  SegmentLog(Files& files, SegmentLogOptions options)
      : files_(files), options_(std::move(options)) {}

  // Recovery (segment_recovery.cc).
  struct Recovery;
  Result<> recover(Recovery& state);
  Result<LogManifest> take_inventory(Recovery& state);
  Result<> make_first_segment(const Recovery& state);
  Result<> load_retained(const LogManifest& manifest);
  Result<> load_retained_file(std::uint64_t id, bool kept);
  Result<> recover_chain(Recovery& state, std::uint64_t from);
  Result<> recover_sealed(Recovery& state, const SegmentReader& reader,
                          SegmentReader::FoundFooter& found);
  Result<> recover_tail(Recovery& state, const SegmentReader& reader);
  Result<> expect_nothing_after(const Recovery& state, const SegmentReader& reader,
                                std::uint64_t from, std::uint64_t sequence) const;
  Result<> flush(const std::string& path) const;
  Result<> open_active(Recovery& state);

  // Reading (segment_log_read.cc).
  struct Piece {
    SegmentPtr segment;           ///< None: there is nothing more.
    std::vector<Extent> extents;  ///< Of an active one.
  };
  Piece next_piece(PartitionId partition, Timestamp after, std::uint64_t from_segment) const;
  Result<std::shared_ptr<const SegmentIndex>> index_of(const SegmentPtr& segment) const;

  // Segments (segment_log.cc).
  Result<> seal_and_switch(std::uint64_t bytes_needed);
  Result<> seal();
  Result<> make_segment(std::uint64_t id, std::uint64_t file_bytes);
  void start_segment(std::uint64_t id, std::shared_ptr<DurableFile> file, std::uint64_t file_bytes);
  std::string path_of(std::uint64_t id) const;
  SegmentReader reader_of(const Segment& segment) const;
  static SegmentPtr sealed_segment(const SegmentReader& reader, SegmentReader::FoundFooter& found);
  static std::map<PartitionId, Summary> summarise(const SegmentIndex& index);

  // Retirement (segment_retire.cc).
  Result<> rewrite_kept(const SegmentPtr& segment, const FloorOf& floor_of);
  Result<> write_kept_file(const Segment& segment, const FloorOf& floor_of,
                           const std::string& path) const;
  LogManifest manifest_of_segments() const;
  LogManifest manifest_upto(std::uint64_t newest) const;  ///< Under mutex_.
  void let_go(const SegmentPtr& segment);

  Files& files_;
  const SegmentLogOptions options_;

  // Written by the appending thread only; read by others under mutex_.
  LogPosition tail_;
  SegmentIndex active_index_;
  std::shared_ptr<DurableFile> active_file_;
  SegmentPtr active_;
  bool failed_ = false;

  std::mutex
      prepare_mutex_;  ///< Held while a segment file is made; never together with mutex_ inside.
  std::shared_ptr<DurableFile> next_file_;
  std::uint64_t next_file_bytes_ = 0;
  std::atomic<bool> next_ready_ = false;

  mutable std::mutex mutex_;
  std::map<std::uint64_t, SegmentPtr> segments_;  ///< Sealed, kept and active.
  std::vector<std::string> spares_;               ///< Paths of files to use again.
  mutable std::list<SegmentPtr> loaded_;          ///< Whose index is in memory, latest first.
};

}  // namespace dyad::store::embedded
