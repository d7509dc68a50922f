#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dyad {

/// The only source of randomness; injected, so that a simulation replays from its seed.
/// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills `out`. The system's generator is fit for keys and ids; the seeded one is not.
  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t next_u64();
  /// Uniform in [0, bound); `bound` > 0.
  std::uint64_t below(std::uint64_t bound);
};

/// Reproducible, fast, for tests and simulation. Not for secrets. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t step();
  std::uint64_t state_;
};

}  // namespace dyad
