#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "store/partition_directory.h"

namespace dyad::store::rados {

// What lies where. A *home* is the RADOS object of one root partition and of the partitions that it
// was split into: its ordered keys (omap) are their rows and the engine's own, its bytes are the
// youngest part of their logs. Home 0, the catalogue's, also says what there is. README.md has the
// table of keys.

/// The root partition's id.
using HomeId = std::uint64_t;

class Layout {
 public:
  explicit Layout(std::string store_name) : store_(std::move(store_name)) {}
  std::string home(HomeId home) const;
  /// Log bytes that were moved out of the home, whole and immutable.
  std::string segment(HomeId home, std::uint64_t number) const;

 private:
  std::string store_;
};

/// First byte of a home's keys. Values are never empty: emptiness is how RADOS says "absent".
enum class HomeKey : char {
  commit = 'c',     ///< Home 0: an owner's commit over several homes counts.
  dropped = 'd',    ///< Home 0: a dropped partition that is still to be cleared away.
  cursor = 'f',     ///< A follower's cursor.
  home = 'h',       ///< Home 0: there is such a home.
  intent = 'i',     ///< A part of a commit over several homes, as one of them will have it.
  partition = 'p',  ///< Home 0: a partition's record.
  row = 'r',        ///< A row; behind it the physical key.
  segment = 's',    ///< A segment of the log, and what is in it.
  trimmed = 't',    ///< How far a partition's log was trimmed.
  upto = 'u',       ///< The last commit's counters.
};

std::string home_key(HomeKey kind);
std::string home_key(HomeKey kind, std::uint64_t id, std::string_view rest = {});
/// The number behind the first byte; none: too short.
std::optional<std::uint64_t> id_in(std::string_view home_key);
std::string intent_key(std::uint64_t commit, std::size_t piece);
std::string row_key(std::string_view physical);
/// The home of a physical key.
HomeId home_of(std::string_view physical);

/// Stands with each commit in each home that it touches; a restart takes the largest.
struct Counters {
  Timestamp upto;
  Timestamp ceiling;
  std::uint64_t next_partition_id = 1;
};
std::string encode_counters(const Counters& counters);
std::optional<Counters> decode_counters(std::string_view bytes);

/// An entry of a log as it lies in a home's bytes or a segment's.
void append_logged(std::string& out, PartitionId partition, Timestamp timestamp,
                   std::string_view payload);
struct Logged {
  PartitionId partition;
  Timestamp timestamp;
  std::string_view payload;
};
/// Takes the first entry off `bytes`; none: they are damaged or cut.
std::optional<Logged> take_logged(std::string_view& bytes);

}  // namespace dyad::store::rados
