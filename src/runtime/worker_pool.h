#pragma once

#include <functional>
#include <type_traits>

#include "base/result.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace dyad {

/// Threads for what blocks: cold reads, file flushes, long hashing. Bounded queue: a full one is
/// the submitter's `overloaded`.
class WorkerPool {
 public:
  virtual ~WorkerPool() = default;

  /// Runs `job` on some worker thread. False: the queue is full, the job was not taken.
  [[nodiscard]] virtual bool submit(std::function<void()> job) = 0;

  /// `co_await pool.run([&] { return read_block(); })`: the function's Result, back on the caller's
  /// executor; `overloaded` when the queue is full. `work` returns a Result.
  template <class F>
  Task<std::invoke_result_t<F&>> run(F work) {
    using Value = std::invoke_result_t<F&>;
    Completion<Value> done;
    const bool taken = submit([&done, &work] { done.set(work()); });
    if (!taken) co_return Value(Error(ErrorCode::overloaded, "the worker queue is full"));
    co_return co_await done;
  }
};

}  // namespace dyad
