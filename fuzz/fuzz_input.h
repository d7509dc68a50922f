#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

// What a target needs to take its input apart. A property that does not hold is a DYAD_CHECK, which
// ends the process and so is a finding like any other.

namespace dyad::fuzz {

/// The bytes of one run. The first few choose what is done with the others, so that a seed can be
/// written by hand: a letter or digit, then text.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// One of `count` choices; '0', 'a' and so on are the first.
  std::size_t choice(std::size_t count) {
    const std::uint8_t chosen = byte();
    if (chosen >= '0' && chosen <= '9') return static_cast<std::size_t>(chosen - '0') % count;
    if (chosen >= 'a' && chosen <= 'z') return static_cast<std::size_t>(chosen - 'a') % count;
    return chosen % count;
  }
  std::uint16_t le16() {
    const std::uint16_t low = byte();
    return static_cast<std::uint16_t>(low | byte() << 8);
  }
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to `mark`, which is dropped; all, if it does not come.
  std::string_view until(char mark) {
    const std::string_view taken = take(rest_.find(mark));
    byte();
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Each target defines it: one run.
void check(Input input);

}  // namespace dyad::fuzz
