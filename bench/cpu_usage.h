#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace dyad::bench {

/// CPU time used so far, all threads of a process together. The total is the process's CPU clock;
/// how it divides, from /proc/<pid>/stat, comes in ticks of 10 ms.
struct CpuTimes {
  std::int64_t total_us = 0;
  std::int64_t user_us = 0;
  std::int64_t system_us = 0;

  CpuTimes operator-(const CpuTimes& before) const {
    return {total_us - before.total_us, user_us - before.user_us, system_us - before.system_us};
  }
};

/// not_found: there is no such process (any more).
Result<CpuTimes> cpu_times_of(pid_t pid);

/// What all of the machine's CPUs were busy with so far, whoever it was for, stolen time included;
/// from /proc/stat.
Result<std::int64_t> machine_busy_us();

}  // namespace dyad::bench
