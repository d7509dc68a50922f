#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/executor.h"
#include "runtime/files.h"
#include "runtime/worker_pool.h"

namespace dyad {

/// What a component needs of the machine, handed to it at construction. Two implementations:
/// threads (make_threaded_runtime) and the simulation (runtime/simulation.h: one thread, one seed).
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
  virtual Files& files() = 0;
  virtual WorkerPool& workers() = 0;

  /// An executor on a thread of its own, for one long-lived loop that may block (the committer). It
  /// ends with its owner, after what was posted has run.
  virtual std::unique_ptr<Executor> make_dedicated(std::string_view name) = 0;
};

}  // namespace dyad
