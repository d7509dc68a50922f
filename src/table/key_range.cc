#include "table/key_range.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "table/key_encoding.h"
#include "table/key_place.h"

namespace dyad::table {
namespace {

/// The successor of every key that begins with this one, or of the key itself.
void after_prefix(std::string& bound) {
  bound = prefix_end(bound);
}

/// An empty range.
KeyRange nothing() {
  return {std::string(1, '\0'), std::string(1, '\0')};
}

}  // namespace

std::string with_kind(std::uint8_t kind, std::string_view key) {
  std::string row;
  row.reserve(1 + key.size());
  append_u8(row, kind);
  row.append(key);
  return row;
}

Result<KeyRange> query_range(const TableDescriptor& table, const IndexDescriptor* index,
                             ValueView hash, const RangeCondition& condition) {
  const bool ordered = index == nullptr && table.placement == Placement::ordered;
  // The keys do not repeat the hash key, which is the same in all rows: any other has none.
  if (ordered && (hash.type() != Type::string || hash.as_string() != table.ordered_hash))
    return nothing();
  // Not hash_prefix(table): the indexes of a table in key order are placed by hash all the same.
  std::string prefix;
  if (!ordered) append_hash_prefix(prefix, hash);
  const auto bound = [&](const Value& value) {
    std::string key = prefix;
    append_range_value(key, value.view(), ordered);
    return key;
  };

  KeyRange range;
  range.begin = prefix;
  range.end = prefix_end(prefix);
  if (condition.begins_with) {
    range.begin = prefix;
    append_range_prefix(range.begin, condition.begins_with->view(), ordered);
    range.end = prefix_end(range.begin);
    return range;
  }
  // What follows a range value in a key (an index row's base key) sorts after the value's own end,
  // so "after this value" is the end of its prefix. In key order, the key itself is the whole row
  // key.
  const auto after = [&](std::string key) {
    if (ordered) {
      key.push_back('\0');
    } else {
      after_prefix(key);
    }
    return key;
  };
  if (condition.lower) {
    std::string lower = bound(*condition.lower);
    range.begin = condition.lower_inclusive ? std::move(lower) : after(std::move(lower));
  }
  if (condition.upper) {
    std::string upper = bound(*condition.upper);
    range.end = condition.upper_inclusive ? after(std::move(upper)) : std::move(upper);
    // Nothing sorts before an empty key; an empty end would mean no bound.
    if (range.end.empty()) return nothing();
  }
  return range;
}

Result<KeyRange> segment_range(const TableDescriptor& table, const IndexDescriptor* index,
                               std::uint32_t segment, std::uint32_t segments) {
  DYAD_CHECK(segments > 0 && segment < segments);
  KeyRange range;
  if (segments == 1) return range;
  const bool hashed = table.placement == Placement::hashed ||
                      (index != nullptr && index->kind == IndexDescriptor::Kind::global);
  if (!hashed) {
    if (segment > 0) return nothing();
    return range;
  }
  const std::uint64_t step = UINT64_MAX / segments;
  if (segment > 0) append_be64(range.begin, step * segment);
  if (segment + 1 < segments) append_be64(range.end, step * (segment + 1));
  return range;
}

void start_after(KeyRange& range, std::string_view position, bool forward) {
  if (forward) {
    std::string after(position);
    after.push_back('\0');
    range.begin = std::max(range.begin, after);
  } else if (range.end.empty() || position < range.end) {
    range.end = std::string(position);
  }
}

PartitionSlice next_slice(const PartitionMap& map, std::string_view begin, std::string_view end,
                          bool forward) {
  std::size_t i;
  if (forward) {
    i = map.index_of(begin);
  } else if (end.empty()) {
    i = map.size() - 1;
  } else {
    // The partition that holds the last key before `end`.
    i = map.index_of(end);
    if (map[i].lower == end && i > 0) --i;
  }
  PartitionSlice slice;
  slice.partition = map[i].partition;
  slice.begin = std::max(std::string(begin), map[i].lower);
  const std::string_view upper = map.upper(i);
  if (end.empty()) {
    slice.end = upper;
  } else {
    slice.end = upper.empty() ? std::string(end) : std::string(std::min(end, upper));
  }
  return slice;
}

}  // namespace dyad::table
