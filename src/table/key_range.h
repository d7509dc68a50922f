#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/tables.h"

namespace dyad::table {

/// [begin, end) of encoded keys without their kind byte; an empty `end` means no bound.
struct KeyRange {
  std::string begin;
  std::string end;
};

/// The rows of one hash key whose range key meets the condition, in the table (`index` null) or an
/// index.
Result<KeyRange> query_range(const TableDescriptor& table, const IndexDescriptor* index,
                             ValueView hash, const RangeCondition& condition);

/// A parallel scan's share of the table (`index` null) or an index. What is placed by hash is cut
/// at even steps of the hash, which stay where they are whatever is written or split meanwhile. The
/// rows of a table in key order have no such steps: any cut that follows the data would move under
/// a scan that is under way, so there the first segment is everything and the others are empty.
Result<KeyRange> segment_range(const TableDescriptor& table, const IndexDescriptor* index,
                               std::uint32_t segment, std::uint32_t segments);

/// Leaves of the range what comes after `position` in the direction of reading.
void start_after(KeyRange& range, std::string_view position, bool forward);

/// The first share of [begin, end) in the direction of reading that lies in one partition.
struct PartitionSlice {
  store::PartitionId partition;
  std::string begin;
  std::string end;
};
PartitionSlice next_slice(const PartitionMap& map, std::string_view begin, std::string_view end,
                          bool forward);

std::string with_kind(std::uint8_t kind, std::string_view key);

}  // namespace dyad::table
