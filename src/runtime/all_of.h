#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "runtime/executor.h"
#include "runtime/local_event.h"
#include "runtime/task.h"

namespace dyad {

namespace detail {

struct AllOfState {
  std::size_t running = 0;
  LocalEvent over;
};

template <class T>
Task<void> run_one_of(Task<T> task, std::optional<T>& result, AllOfState& state) {
  result.emplace(co_await task);
  // The waiter goes on from the executor's queue, after this frame has ended.
  if (--state.running == 0) state.over.set();
}

}  // namespace detail

/// Runs the tasks side by side on the current executor and answers with their results, in the order
/// of `tasks`, once all have ended. Whoever calls bounds their number: each is a coroutine's frame
/// and what it awaits. There is no way out before the last one has ended, so what the tasks refer
/// to may live in the caller's frame.
template <class T>
Task<std::vector<T>> all_of(std::vector<Task<T>> tasks) {
  std::vector<T> results;
  results.reserve(tasks.size());
  if (tasks.size() == 1) {
    Task<T>& only = tasks.front();
    results.push_back(co_await only);
    co_return results;
  }
  std::vector<std::optional<T>> slots(tasks.size());
  detail::AllOfState state;
  state.running = tasks.size();
  Executor& executor = *Executor::current();
  for (std::size_t i = 0; i < tasks.size(); ++i)
    executor.spawn(detail::run_one_of(std::move(tasks[i]), slots[i], state));
  if (state.running > 0) {
    const bool ended = co_await state.over.wait(Deadline::never());
    DYAD_CHECK(ended);
  }
  for (std::optional<T>& slot : slots) results.push_back(std::move(*slot));
  co_return results;
}

}  // namespace dyad
