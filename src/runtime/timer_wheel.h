#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/executor.h"

namespace dyad {

/// The timers of one executor: a hierarchical wheel of 1 ms ticks. Arming and disarming take
/// constant time and no memory, since most timers (a deadline for each socket read) never fire.
/// Level L has 64 slots of 64^L ticks each; a timer moves down a level when its slot comes up, at
/// most once a level. Not thread-safe: the executor's own thread only.
class TimerWheel {
 public:
  static constexpr std::int64_t kTickUs = 1000;
  static constexpr std::int64_t kNever = INT64_MAX;

  explicit TimerWheel(std::int64_t now_us) : elapsed_(tick_of(now_us)) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// `timer` must not be armed. What is due already fires at the next tick.
  void arm(TimerEntry& timer);
  /// Fine if it is not armed.
  void disarm(TimerEntry& timer);

  /// Fires what is due by `now_us`, earlier ticks first. A timer never fires before its moment, and
  /// at most one tick after it if advance() is called often enough. Callbacks may arm and disarm;
  /// what they arm fires a later tick, so one call always ends. Returns how many fired.
  std::size_t advance(std::int64_t now_us);

  /// When advance() has something to do next: the moment of the next timer, or, for a far one, an
  /// earlier moment at which it moves down a level. kNever: nothing is armed.
  std::int64_t next_due_us() const;

  bool empty() const { return occupied_levels_ == 0; }

 private:
  // 9 levels of 6 bits hold every tick of an int64 of microseconds, so there is no overflow to
  // treat.
  static constexpr int kSlotBits = 6;
  static constexpr std::uint64_t kSlots = 1 << kSlotBits;
  static constexpr int kLevels = 9;

  struct Expiry {
    std::uint64_t tick;
    std::uint32_t slot;  ///< level * kSlots + index
  };

  static std::uint64_t tick_of(std::int64_t us) {
    return us <= 0 ? 0 : static_cast<std::uint64_t>(us / kTickUs);
  }
  static std::uint64_t due_tick(const TimerEntry& timer);
  void insert(TimerEntry& timer, std::uint64_t tick);
  /// The earliest occupied slot; lower levels always come before higher ones.
  Expiry next_expiry() const;

  std::uint64_t elapsed_;  ///< The tick up to which all has fired.
  std::uint32_t occupied_levels_ = 0;
  std::array<std::uint64_t, kLevels> occupied_{};  ///< A bit for each slot with timers.
  std::array<TimerEntry*, kLevels * kSlots> heads_{};
};

}  // namespace dyad
