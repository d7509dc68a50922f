#pragma once

#include <memory>

#include "runtime/runtime.h"
#include "runtime/thread_worker_pool.h"

namespace dyad {

/// The machine's own clock, randomness and threads, over `files` (make_posix_files(), or one that
/// injects faults). Executors it made must be destroyed before it.
std::unique_ptr<Runtime> make_threaded_runtime(WorkerPoolOptions workers,
                                               std::unique_ptr<Files> files);

}  // namespace dyad
