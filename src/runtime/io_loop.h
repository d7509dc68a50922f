#pragma once

#include <cstdint>
#include <memory>

#include "runtime/unique_fd.h"

namespace dyad {

/// Readiness of file descriptors for one thread, over Boost.Asio, which only io_loop.cc sees.
/// Everything is called on the thread that runs the loop, except wake().
class IoLoop {
 public:
  /// Told once when its wait is over.
  struct Waiter {
    void (*over)(Waiter&, bool cancelled) = nullptr;
  };

  IoLoop();
  ~IoLoop();
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  /// Ends a run_one() that sleeps. From any thread.
  void wake();
  /// Tells one waiter, or none after `timeout_us` (rounded up to a millisecond) or wake().
  void run_one(std::int64_t timeout_us);
  /// Tells every waiter whose wait is over by now.
  void poll();

 private:
  friend class FdWatch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Owns a non-blocking descriptor and waits for it. The loop must outlive it. It joins the loop at
/// the first wait, so it can be made on any thread.
class FdWatch {
 public:
  enum class Direction : unsigned char { read, write };

  FdWatch(IoLoop& loop, UniqueFd fd);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int fd() const { return fd_; }  ///< -1 when closed.
  /// `waiter` is told from within run_one() or poll(), never from within wait().
  void wait(Direction direction, IoLoop::Waiter& waiter);
  /// Both waits under way end, cancelled, soon.
  void cancel();
  /// Cancels and closes.
  void close();
  /// Leaves the loop and gives the descriptor away. No wait may be under way.
  UniqueFd release();

 private:
  struct Registered;
  IoLoop& loop_;
  int fd_;
  std::unique_ptr<Registered> registered_;
};

}  // namespace dyad
