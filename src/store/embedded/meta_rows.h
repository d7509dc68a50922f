#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "store/embedded/segment_log.h"
#include "store/partition_codec.h"

namespace dyad::store::embedded {

// The engine's own rows, beside the partitions' under kMetaPrefix. docs/formats.md describes them.

/// Up to where the segment log is in the rows. Written with every batch, and in no log.
std::string applied_key();
std::string encode_position(const LogPosition& position);
std::optional<LogPosition> decode_position(std::string_view bytes);

/// What a restart's clock and id counter start from.
struct Counters {
  Timestamp ceiling;
  std::uint64_t next_partition_id = 1;
  bool operator==(const Counters&) const = default;
};
std::string counters_key();
std::string encode_counters(const Counters& counters);
std::optional<Counters> decode_counters(std::string_view bytes);

std::string partition_key(PartitionId id);
/// A dropped partition whose rows are still to be erased.
std::string dropped_key(PartitionId id);

std::string cursor_key(PartitionId partition, std::string_view follower);
std::string floor_key(PartitionId partition);

/// What a key of the engine's own names.
enum class MetaKind : char {
  applied = 'a',
  counters = 'k',
  partition = 'p',
  dropped = 'd',
  cursor = 'c',
  floor = 'f',
};
struct MetaKey {
  MetaKind kind;
  PartitionId partition;
  std::string_view follower;
};
std::optional<MetaKey> parse_meta_key(std::string_view key);

}  // namespace dyad::store::embedded
