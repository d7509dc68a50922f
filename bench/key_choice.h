#pragma once

#include <cstdint>

#include "base/random.h"

namespace dyad::bench {

/// Which item or object comes next, for all drivers of a phase, in one thread: one after the other
/// to load them, at random (uniform) to measure.
class KeyChoice {
 public:
  enum class Order : std::uint8_t { in_turn, random };

  /// `first`: where those in turn begin.
  KeyChoice(Order order, std::uint64_t count, std::uint64_t seed, std::uint64_t first = 0)
      : order_(order), count_(count), turn_(first), random_(seed) {}

  std::uint64_t next() {
    return order_ == Order::random ? random_.below(count_) : turn_++ % count_;
  }
  std::uint64_t random() { return random_.next_u64(); }

 private:
  const Order order_;
  const std::uint64_t count_;
  std::uint64_t turn_;
  SeededRandom random_;
};

}  // namespace dyad::bench
