#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/backend.h"
#include "store/rados/cluster.h"
#include "store/rados/home_layout.h"

namespace dyad::store::rados {

/// Bytes of a log that are read at once.
struct Extent {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  Timestamp first;
  Timestamp last;
};

/// What lies in an object of log bytes: a home's own, or a segment that was cut off it.
struct LogIndex {
  std::uint64_t bytes = 0;
  std::vector<Extent> extents;
  std::map<PartitionId, Timestamp> last_of;  ///< The youngest entry of each partition.

  /// Takes note of whole entries that were appended. False: the bytes are damaged.
  bool append(std::string_view entries);
  std::string encode() const;
  static std::optional<LogIndex> decode(std::string_view bytes);
};

/// The logs of all partitions of a home: where which entries are. Thread-safe.
class HomeLog {
 public:
  HomeLog(HomeId home, const Layout& layout) : home_(home), layout_(layout) {}

  // For recovery.
  void found_segment(std::uint64_t number, LogIndex index);
  Result<> found_open(std::string_view bytes);
  void found_trimmed(PartitionId partition, Timestamp upto) { trimmed_[partition] = upto; }

  void appended(std::string_view entries);
  std::uint64_t open_bytes() const;

  /// What sealing needs: the number of the next segment, and what it will hold.
  struct Seal {
    std::uint64_t number;
    LogIndex index;
  };
  Seal next_seal() const;
  void sealed();

  /// See Backend::read_log.
  Task<Result<LogEntries>> read(Cluster& cluster, PartitionId partition, Timestamp after,
                                Timestamp upto, const LogLimits& limits) const;

  /// The segments that nobody needs any more; they are forgotten here.
  std::vector<std::uint64_t> trim(PartitionId partition, Timestamp upto);
  std::vector<std::uint64_t> segments() const;
  /// Those that have entries here.
  std::set<PartitionId> partitions() const;

 private:
  struct Piece {
    std::string object;
    Extent extent;
  };
  struct Pieces {
    std::vector<Piece> pieces;
    std::uint64_t generation = 0;  ///< Of the places: a seal moves them.
    bool more = false;
  };
  Pieces pieces(PartitionId partition, Timestamp after, Timestamp upto) const;
  bool moved_since(std::uint64_t generation) const;

  const HomeId home_;
  const Layout& layout_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, LogIndex> segments_;
  LogIndex open_;
  std::uint64_t next_segment_ = 1;
  std::uint64_t generation_ = 0;
  std::map<PartitionId, Timestamp> trimmed_;
};

}  // namespace dyad::store::rados
