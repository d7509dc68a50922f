#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace dyad {

/// Counts what is in flight and lets one coroutine await the last of it: a shutdown closes the
/// gate, nobody enters any more, and close() returns when all who had entered have left. From any
/// thread.
class Gate {
 public:
  /// Whoever holds one is inside. Movable; leaves when destroyed.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Pass() { leave(); }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    void leave() {
      if (gate_ != nullptr) std::exchange(gate_, nullptr)->leave();
    }
    Gate* gate_;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  /// Nobody may be inside.
  ~Gate() { DYAD_CHECK(inside() == 0); }

  /// None: the gate is closed.
  std::optional<Pass> enter() {
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    do {
      if ((state & kClosed) != 0) return std::nullopt;
    } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire));
    return Pass(this);
  }

  /// Once. Returns when nobody is inside; the gate may be destroyed then.
  Task<void> close() {
    const std::uint64_t before = state_.fetch_or(kClosed, std::memory_order_acq_rel);
    DYAD_CHECK((before & kClosed) == 0);
    if (before != 0) co_await empty_;
  }

  std::size_t inside() const { return state_.load(std::memory_order_acquire) & ~kClosed; }
  bool closed() const { return (state_.load(std::memory_order_acquire) & kClosed) != 0; }

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;

  void leave() {
    // The last one out after closing; the waiter cannot go on, and destroy the gate, before set().
    if (state_.fetch_sub(1, std::memory_order_acq_rel) == (kClosed | 1)) empty_.set(true);
  }

  std::atomic<std::uint64_t> state_{0};
  Completion<bool> empty_;
};

}  // namespace dyad
