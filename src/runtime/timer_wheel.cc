#include "runtime/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace dyad {

std::uint64_t TimerWheel::due_tick(const TimerEntry& timer) {
  if (timer.due_steady_us <= 0) return 0;
  const auto due = static_cast<std::uint64_t>(timer.due_steady_us);
  return (due + kTickUs - 1) / kTickUs;  // Rounded up: never early.
}

void TimerWheel::arm(TimerEntry& timer) {
  DYAD_CHECK(!timer.armed && timer.fire != nullptr);
  insert(timer, std::max(due_tick(timer), elapsed_ + 1));
}

void TimerWheel::insert(TimerEntry& timer, std::uint64_t tick) {
  // The highest group of six bits in which the tick differs from now names the level: everything
  // above is equal, so within a level slots come up in index order and never wrap.
  const std::uint64_t difference = (elapsed_ ^ tick) | (kSlots - 1);
  const int level = (63 - std::countl_zero(difference)) / kSlotBits;
  const std::uint64_t index = (tick >> (level * kSlotBits)) & (kSlots - 1);

  timer.slot = static_cast<std::uint32_t>(level * kSlots + index);
  timer.armed = true;
  timer.previous = nullptr;
  timer.next = heads_[timer.slot];
  if (timer.next != nullptr) timer.next->previous = &timer;
  heads_[timer.slot] = &timer;
  occupied_[level] |= std::uint64_t{1} << index;
  occupied_levels_ |= 1u << level;
}

void TimerWheel::disarm(TimerEntry& timer) {
  if (!timer.armed) return;
  timer.armed = false;
  if (timer.next != nullptr) timer.next->previous = timer.previous;
  if (timer.previous != nullptr) {
    timer.previous->next = timer.next;
    return;
  }
  heads_[timer.slot] = timer.next;
  if (timer.next != nullptr) return;
  const std::uint32_t level = timer.slot / kSlots;
  occupied_[level] &= ~(std::uint64_t{1} << (timer.slot % kSlots));
  if (occupied_[level] == 0) occupied_levels_ &= ~(1u << level);
}

TimerWheel::Expiry TimerWheel::next_expiry() const {
  const int level = std::countr_zero(occupied_levels_);
  const int index = std::countr_zero(occupied_[level]);
  const int shift = level * kSlotBits;
  const std::uint64_t above = elapsed_ >> shift >> kSlotBits << kSlotBits;
  return {(above + index) << shift, static_cast<std::uint32_t>(level * kSlots + index)};
}

std::size_t TimerWheel::advance(std::int64_t now_us) {
  const std::uint64_t now = tick_of(now_us);
  std::size_t fired = 0;
  while (occupied_levels_ != 0) {
    const Expiry expiry = next_expiry();
    if (expiry.tick > now) break;
    DYAD_CHECK(expiry.tick >= elapsed_);
    elapsed_ = expiry.tick;
    // One at a time from the head: a callback may disarm any other timer of the slot.
    while (TimerEntry* timer = heads_[expiry.slot]) {
      disarm(*timer);
      if (expiry.slot < kSlots) {
        timer->fire(*timer);
        ++fired;
      } else {
        // It may have been overdue when armed, just before the wrap of a level.
        insert(*timer, std::max(due_tick(*timer), elapsed_));
      }
    }
  }
  elapsed_ = std::max(elapsed_, now);
  return fired;
}

std::int64_t TimerWheel::next_due_us() const {
  if (empty()) return kNever;
  const std::uint64_t tick = next_expiry().tick;
  constexpr auto kLastTick = static_cast<std::uint64_t>(INT64_MAX / kTickUs);
  return tick > kLastTick ? kNever : static_cast<std::int64_t>(tick) * kTickUs;
}

}  // namespace dyad
