#pragma once

#include <array>
#include <cstddef>
#include <mutex>

#include "base/random.h"

namespace dyad {

/// The kernel's generator (getrandom), fit for keys and ids. Small requests come from a buffer,
/// each byte of which is given out once and wiped.
class SystemRandom final : public Random {
 public:
  /// Larger requests go to the kernel directly.
  static constexpr std::size_t kBufferBytes = 1024;

  ~SystemRandom() override;
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::mutex mutex_;
  std::array<std::uint8_t, kBufferBytes> buffer_{};
  std::size_t used_ = kBufferBytes;
};

}  // namespace dyad
