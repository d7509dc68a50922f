#pragma once

#include <csignal>
#include <initializer_list>
#include <memory>

#include "base/result.h"
#include "runtime/pollable.h"
#include "runtime/task.h"

namespace dyad {

/// Signals as something a coroutine awaits, instead of handlers that may do next to nothing.
class Signals {
 public:
  /// Blocks `numbers` in the calling thread. Call in main() before any thread starts: threads
  /// inherit the mask, and a thread without it would be killed by the signal.
  static void block(std::initializer_list<int> numbers);

  /// Receives the blocked signals from here on, on `reactor`.
  static Result<std::unique_ptr<Signals>> receive(Reactor& reactor,
                                                  std::initializer_list<int> numbers);

  /// The next signal's number. Several of one kind before it is received count once. `cancelled`
  /// after close().
  Task<Result<int>> next();
  /// On the reactor's thread.
  void close() { signals_.close(); }

 private:
  Signals(Reactor& reactor, UniqueFd fd) : signals_(reactor, std::move(fd)) {}
  Pollable signals_;
};

}  // namespace dyad
