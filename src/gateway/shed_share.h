#pragma once

#include <cstdint>

namespace dyad::gateway {

/// Which share of requests is refused because of a line: a controller (proportional and integral)
/// that holds the line at its limits. All the capacity goes on being used, and what is taken waits
/// about as long as it may. One thread.
class ShedShare {
 public:
  /// Without a measurement for so long, there is no line.
  static constexpr std::int64_t kForgetUs = 1'000'000;
  /// Some are taken always.
  static constexpr double kMaxShare = 0.98;

  /// How far a line is from its limits, each told as a multiple of its limit: it is too long if
  /// both are passed. In powers of two, bounded.
  static double error_of(double waits, double stand_in_it);

  bool shedding() const { return integral_ > 0; }
  double share() const { return share_; }

  /// A line was found to stand.
  void begin(double error, std::int64_t now_us);
  /// While shedding, of each measurement.
  void adjust(double error, std::int64_t now_us);
  /// Ends the shedding if nothing was measured for long.
  void forget(std::int64_t now_us);

  /// Whether the next one is refused. `known`: it names a key of this server; others go first.
  bool refuses(bool known);

 private:
  void relax();

  std::int64_t adjusted_us_ = 0;
  double integral_ = 0;
  double share_ = 0;
  double owed_ = 0;  ///< Refusals, by the share of what came; below 1.
};

}  // namespace dyad::gateway
