#pragma once

#include <cstdint>

#include "base/named_type.h"

namespace dyad {

struct TimestampTag;
/// A hybrid logical time: milliseconds since 1970 in the upper 48 bits, a counter in the lower 16.
/// Strictly increasing in commit order, across restarts too. Zero stands for "before everything".
using Timestamp = NamedType<std::uint64_t, TimestampTag>;

constexpr int kTimestampCounterBits = 16;

constexpr std::int64_t wall_ms(Timestamp t) {
  return static_cast<std::int64_t>(t.value() >> kTimestampCounterBits);
}
constexpr Timestamp timestamp_at_ms(std::int64_t ms) {
  return Timestamp(static_cast<std::uint64_t>(ms) << kTimestampCounterBits);
}

}  // namespace dyad
