#pragma once

#include <sys/resource.h>

namespace dyad {

/// The calling thread gives way to others: each step (0 to 19) is about a fifth less of a processor
/// that both want. False: the system would not have it. Linux has a niceness of its own for each
/// thread (setpriority(2), "C library/kernel differences").
inline bool be_nice(int niceness) {
  constexpr id_t kThisThread = 0;
  return ::setpriority(PRIO_PROCESS, kThisThread, niceness) == 0;
}

}  // namespace dyad
