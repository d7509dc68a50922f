#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"

namespace dyad::backup {

/// How far a backup or a restore is.
struct Progress {
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;  ///< 0: not known yet.
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_copied = 0;  ///< Of bytes_done; the others were linked.
};

/// Between who copies and who looks on: progress, a rate, and the wish to end. Thread-safe.
class Watch {
 public:
  /// `bytes_per_second` of what is read or written; 0: as fast as it goes.
  Watch(const Clock& clock, std::uint64_t bytes_per_second)
      : clock_(clock), bytes_per_second_(bytes_per_second), began_us_(clock.steady_us()) {}

  void cancel();
  /// cancelled, once cancel() was called.
  Result<> go_on() const;
  /// Waits until `bytes` more may be moved. cancelled, at once.
  Result<> spend(std::uint64_t bytes);

  void expect(std::uint64_t files, std::uint64_t bytes);
  void count(std::uint64_t bytes, bool copied);
  Progress progress() const;

 private:
  const Clock& clock_;
  const std::uint64_t bytes_per_second_;
  const std::int64_t began_us_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool cancelled_ = false;
  std::uint64_t spent_bytes_ = 0;
  Progress progress_;
};

}  // namespace dyad::backup
