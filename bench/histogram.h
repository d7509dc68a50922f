#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dyad::bench {

/// Counts of durations, in buckets whose width grows with the value: 128 to a doubling, so that a
/// percentile is off by less than 1 %. Fixed memory, recording takes a few nanoseconds.
class Histogram {
 public:
  static constexpr int kSubBits = 7;
  static constexpr int kMaxBits =
      36;  ///< 19 hours in microseconds; more counts as the last bucket.

  void record(std::uint64_t us) {
    ++counts_[bucket_of(us)];
    ++count_;
    if (us > max_) max_ = us;
  }
  void add(const Histogram& other);
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  /// The smallest value that at least `fraction` (0..1) of all recorded ones do not exceed, rounded
  /// up to the end of its bucket; 0: nothing was recorded.
  std::uint64_t percentile(double fraction) const;

 private:
  static constexpr std::uint64_t kSub = 1u << kSubBits;
  static constexpr std::size_t kBuckets = (kMaxBits - kSubBits + 1) * kSub;

  static std::size_t bucket_of(std::uint64_t us) {
    if (us < kSub) return us;
    const int shift = std::bit_width(us) - kSubBits - 1;
    const std::size_t bucket =
        (static_cast<std::size_t>(shift) + 1) * kSub + ((us >> shift) - kSub);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static std::uint64_t last_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace dyad::bench
