#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "runtime/runtime.h"

namespace dyad {

/// How much room a file system has, known without asking it at every write, and a reserve: below it
/// nothing may begin that takes space, so that what makes space (erasures, compaction, trimming)
/// still can. The system is asked by a worker, never by who calls; in between, what is taken is
/// counted. Thread-safe.
class DiskSpace : public std::enable_shared_from_this<DiskSpace> {
 public:
  /// Calls ask for a look at the file system when the last one is older,
  static constexpr std::int64_t kLookEveryUs = 100'000;
  /// or when this much was taken since.
  static constexpr std::uint64_t kLookAfterBytes = 16u << 20;
  /// Once the reserve was reached, so much more than it must be free before it is over.
  static constexpr std::uint64_t kMaxMarginBytes = 16u << 20;
  /// A disk that stays full, or is full again and again, is told of once in so long.
  static constexpr std::int64_t kTellEveryUs = 60'000'000;

  /// Looks at once, and blocks for that. `runtime` outlives what is made. Where the system does not
  /// answer, there is room.
  static std::shared_ptr<DiskSpace> watch(Runtime& runtime, std::string path,
                                          std::uint64_t reserve_bytes);

  /// `bytes` more are about to be written; no_space: they would reach into the reserve.
  Result<> take(std::uint64_t bytes);
  /// Whether take() would pass now; nothing is taken.
  Result<> fits(std::uint64_t bytes);

  /// What memory holds that will come to the disk; counts from the next look on, in place of what
  /// was said before.
  void set_owed(std::uint64_t bytes) { owed_bytes_.store(bytes, std::memory_order_relaxed); }

  /// Has a worker look, unless one is about to.
  void ask();
  /// Looks. Blocks.
  void look();

  /// Whether a warning about this disk is due, beside those that are told here: at most one in
  /// kTellEveryUs.
  bool tells_now();

  /// The process is about to end: what waits for room (a commit that has its place in the order)
  /// waits no longer.
  void end_waits() { waits_ended_.store(true, std::memory_order_relaxed); }
  bool waits_ended() const { return waits_ended_.load(std::memory_order_relaxed); }

  /// As of the last look.
  std::uint64_t free_bytes() const { return free_bytes_.load(std::memory_order_relaxed); }
  bool low() const { return low_.load(std::memory_order_relaxed); }
  std::uint64_t reserve_bytes() const { return reserve_bytes_; }

 private:
  DiskSpace(Runtime& runtime, std::string path, std::uint64_t reserve_bytes);
  void ask_if_due();
  Error refusal() const;
  void tell(bool low_now, std::uint64_t owed);

  Runtime& runtime_;
  const std::string path_;
  const std::uint64_t reserve_bytes_;
  const std::uint64_t margin_bytes_;

  /// What may still be taken before the next look; negative in passing only.
  std::atomic<std::int64_t> budget_bytes_ = 0;
  std::atomic<std::int64_t> look_below_bytes_ = 0;  ///< The budget at which a look is due.
  std::atomic<bool> low_ = false;
  std::atomic<std::uint64_t> owed_bytes_ = 0;
  std::atomic<std::uint64_t> free_bytes_ = 0;
  std::atomic<std::int64_t> looked_us_ = 0;
  std::atomic<bool> asked_ = false;
  std::atomic<bool> waits_ended_ = false;
  std::atomic<std::int64_t> told_us_ = -kTellEveryUs;  ///< The last warning.
  std::mutex look_mutex_;                              ///< Guards the next.
  std::int64_t told_low_us_ = -kTellEveryUs;           ///< The last that said it became low.
  bool told_low_ = false;                              ///< And nothing said that this is over.
};

}  // namespace dyad
