#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "runtime/completion.h"
#include "runtime/executor.h"
#include "runtime/task.h"

namespace dyad::proof {

namespace detail {
inline Task<void> run_member(Task<void> task, Completion<bool>& over) {
  co_await task;
  over.set(true);
}
}  // namespace detail

/// Runs all of `tasks` on the current executor, at once, and returns when the last is over.
inline Task<void> run_together(std::vector<Task<void>> tasks) {
  std::vector<Completion<bool>> over(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    Executor::current()->spawn(detail::run_member(std::move(tasks[i]), over[i]));
  for (Completion<bool>& one : over) (void)co_await one;
}

}  // namespace dyad::proof
