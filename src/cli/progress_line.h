#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace dyad::cli {

/// How far a long job is, for people: on a terminal one line that is written again and again, else
/// a line every ten seconds. One thread at a time.
class ProgressLine {
 public:
  static constexpr std::int64_t kTerminalEveryUs = 100'000;
  static constexpr std::int64_t kLogEveryUs = 10'000'000;

  enum class Style : std::uint8_t { quiet, lines, terminal };
  /// `out` and `clock` outlive it.
  ProgressLine(std::FILE* out, Style style, const Clock& clock);
  /// What suits `out`.
  static Style style_for(std::FILE* out);

  /// `total` 0: not known. Cheap when it is not yet time for a line. A new `what` begins a new
  /// count of rate and time left.
  void update(std::string_view what, std::uint64_t done, std::uint64_t total, std::uint64_t bytes);
  /// Clears the terminal's line.
  void end();

 private:
  std::string text(std::int64_t now_us, std::uint64_t done, std::uint64_t total,
                   std::uint64_t bytes) const;

  std::FILE* const out_;
  const Style style_;
  const Clock& clock_;
  std::string what_;
  std::int64_t began_us_ = 0;
  std::int64_t told_us_ = 0;
  bool line_open_ = false;
};

}  // namespace dyad::cli
