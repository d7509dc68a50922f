#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "runtime/unique_fd.h"

namespace dyad {

/// Gives the space of long files back a piece at a time. Where the file system tells the disk what
/// became free (mounted with `discard`), 300 MiB that are let go at once hold up every durable
/// write beside them for 8 to 17 ms; piece by piece no write waits longer than 4. Thread-safe.
///
/// A file is taken once its name is gone, and stays open here until it is empty: a process that
/// dies gives back all it held. The thread starts with the first file.
class PacedRelease {
 public:
  static constexpr std::uint64_t kPieceBytes = 4u << 20;
  /// Bytes a second, and never so slowly that what waits would take longer than kLongestWaitUs.
  static constexpr std::uint64_t kSlowestPerSecond = 64u << 20;
  static constexpr std::uint64_t kLongestWaitUs = 4'000'000;
  /// With less than this free beside what waits, there is no pause between pieces.
  static constexpr std::uint64_t kScarceBytes = 1u << 30;
  /// Descriptors held; a file beyond goes at once.
  static constexpr std::size_t kMaxWaiting = 256;

  PacedRelease() = default;
  /// Waits for one piece at most; what is left goes at once.
  ~PacedRelease();
  PacedRelease(const PacedRelease&) = delete;
  PacedRelease& operator=(const PacedRelease&) = delete;

  /// `fd`: open for writing, of a regular file whose name was removed. False: it has another name,
  /// somebody else has it open and may be reading, or too many wait; then it is closed, and its
  /// last holder gives the space back, as ever.
  bool take(UniqueFd fd);

 private:
  struct Waiting {
    UniqueFd fd;
    std::uint64_t size_bytes;
  };

  void run();
  /// Takes the last piece off; false: nothing is left of it, or the file system refuses.
  static bool cut(Waiting& file);
  /// After one piece. `waiting_bytes`: of all files.
  static std::uint64_t pause_us(int fd, std::uint64_t waiting_bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dyad
