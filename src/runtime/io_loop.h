#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/unique_fd.h"

namespace dyad {

/// Readiness of file descriptors for one thread, over epoll. A descriptor is told to the kernel
/// once, edge-triggered; waiting for it costs no system call. (A library that re-arms descriptors,
/// as Boost.Asio does, costs an epoll_ctl and some 1,000 instructions a request more.)
///
/// Everything is called on the thread that runs the loop, except wake().
class IoLoop {
 public:
  /// So many events are taken from the kernel at a time.
  static constexpr std::size_t kMaxEventsPerCall = 128;

  /// Told once when its wait is over; until then it stays where it is.
  struct Waiter {
    void (*over)(Waiter&, bool cancelled) = nullptr;

   private:
    friend class IoLoop;
    friend class FdWatch;
    Waiter* next_ = nullptr;
    bool cancelled_ = false;
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
  /// Would run_one() tell somebody without asking the kernel?
  bool knows_of_more() const { return first_ != nullptr; }

 private:
  friend class FdWatch;
  void take_events(int timeout_ms);
  void queue(Waiter& waiter, bool cancelled);
  bool tell_first();

  UniqueFd epoll_;
  UniqueFd wake_event_;
  Waiter* first_ = nullptr;  ///< Waiters to be told, in order.
  Waiter* last_ = nullptr;
  std::size_t queued_ = 0;
};

/// Owns a non-blocking descriptor and waits for it. The loop must outlive it. It joins the loop at
/// the first wait, so it can be made on any thread.
///
/// Readiness is told once: whoever waits has used up what there was, which is to say that a call
/// would have blocked or has brought less than was asked for. (An end of the stream, or an error,
/// is told again and again, since it may have come together with the last bytes.)
class FdWatch {
 public:
  enum class Direction : unsigned char { read, write };

  FdWatch(IoLoop& loop, UniqueFd fd);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int fd() const { return fd_.get(); }  ///< -1 when closed.
  /// `waiter` is told from within run_one() or poll(), never from within wait(); as cancelled if
  /// the kernel has no memory to watch one more descriptor.
  void wait(Direction direction, IoLoop::Waiter& waiter);
  /// Both waits under way end, cancelled, soon.
  void cancel();
  /// Cancels and closes.
  void close();
  /// Leaves the loop and gives the descriptor away. No wait may be under way.
  UniqueFd release();

 private:
  friend class IoLoop;
  struct Side {
    bool ready = false;   ///< An event came that no wait has used.
    bool always = false;  ///< Ended or failed: ready for good.
    IoLoop::Waiter* waiter = nullptr;
  };

  bool join();
  void leave();
  void on_events(std::uint32_t events);
  void on_side(Direction direction, bool always);

  IoLoop& loop_;
  UniqueFd fd_;
  bool joined_ = false;
  std::array<Side, 2> sides_;
};

}  // namespace dyad
