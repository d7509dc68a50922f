#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace dyad::bench {

/// What a process holds in memory, from /proc/<pid>/status: bytes.
struct MemoryUse {
  std::int64_t resident_bytes = 0;
  std::int64_t peak_bytes = 0;  ///< Since it began, or since reset_peak().
};

/// not_found: there is no such process (any more).
Result<MemoryUse> memory_use_of(pid_t pid);
/// Its peak counts from now on; without the right to do so, nothing happens.
void reset_memory_peak(pid_t pid);

}  // namespace dyad::bench
