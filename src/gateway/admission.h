#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "gateway/shed_share.h"

namespace dyad::gateway {

/// Whether one reactor takes another request, or refuses it by its head alone because a queue
/// stands.
///
/// What is measured is time: how long a request that is there waits until it is begun. A probe that
/// stands in the same line tells (runtime/readiness_probe.h). A burst makes a queue that is gone
/// when it was served, and is served. A queue is no burst if the probe that was sent behind the
/// last late one is late, too, or if it is longer and later than any one client's: it stands. Then
/// a share of the requests is refused (gateway/shed_share.h).
///
/// Writes have a second line, which no probe stands in: that before the store's committer, where
/// the disk is slow. Its length is asked for; where it stands, a share of the writes is refused,
/// and reads go on.
///
/// A refusal costs a read, a look at the head and a write. Many times the load would make them
/// cost more than serving, so they go out at kRefusalsPerS and their connections cannot ask
/// meanwhile. A connection has one request at a time, so their number is bounded by that of
/// connections.
///
/// One a reactor, on its thread, but for the counts.
class Admission {
 public:
  /// So often a probe is sent, or the one under way looked after, while requests come; after a late
  /// one the next follows at once.
  static constexpr std::int64_t kProbeEveryUs = 5'000;
  /// A queue that is late so long is no burst.
  static constexpr std::int64_t kStandingUs = 100'000;
  /// The same of the writes' line. Longer, since a disk stalls now and then and goes on.
  static constexpr std::int64_t kWritesStandingUs = 500'000;
  /// Fewer requests in line are never refused, whatever time they take: a machine that stalls, or a
  /// few large requests, are no overload.
  static constexpr std::uint64_t kLeastWaiting = 128;
  /// So many requests that take so long are no burst, either, and there is no need to wait for the
  /// probe behind them.
  static constexpr std::uint64_t kBurstRequests = 1024;
  static constexpr std::int64_t kBurstUs = 500'000;
  static constexpr std::int64_t kRefusalsPerS = 5'000;
  static constexpr std::int64_t kLongestPauseUs = 1'000'000;

  /// The line that writes wait in: how long the first one has, and how many there are.
  struct WriteLine {
    std::int64_t waited_us = 0;
    std::uint64_t writes = 0;
  };
  using LookAtWrites = std::function<WriteLine(std::int64_t now_us)>;

  /// `max_wait_us` 0: nothing is refused. `send_probe`: sends one; probe_came() tells its end.
  /// `look_at_writes`: asked on this reactor, every kProbeEveryUs at most; null: no such line.
  Admission(std::int64_t max_wait_us, std::function<void()> send_probe,
            LookAtWrites look_at_writes = {});

  /// Of each request, at its beginning.
  void request_came(std::int64_t now_us) {
    ++came_;
    if (now_us - looked_us_ >= kProbeEveryUs) look(now_us);
  }
  void probe_came(std::int64_t sent_us, std::int64_t now_us);

  bool shedding() const { return all_.shedding() || writes_.shedding(); }
  /// Is the next request to be refused? `known`: it names a key of this server; others go first.
  /// `writes`: it may wait for a commit. Only while shedding.
  bool refuses(bool known, bool writes);
  /// How long the answer to the request just refused is held back.
  std::int64_t pause_us(std::int64_t now_us);

  /// The share of requests that is refused now, and that of the writes among the rest.
  double share() const { return all_.share(); }
  double share_of_writes() const { return writes_.share(); }
  /// For any thread: refused so far; the last measured wait.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  std::int64_t wait_us() const { return wait_us_.load(std::memory_order_relaxed); }
  std::int64_t writes_wait_us() const { return writes_wait_us_.load(std::memory_order_relaxed); }

 private:
  void look(std::int64_t now_us);
  void look_at_writes(std::int64_t silent_us, std::int64_t now_us);
  void probe(std::int64_t now_us);
  bool measured(std::int64_t waited_us, std::int64_t now_us);
  bool stands(std::int64_t waited_us, std::int64_t now_us) const;

  const std::int64_t max_wait_us_;
  const std::function<void()> send_probe_;
  const LookAtWrites look_at_writes_;
  std::uint64_t came_ = 0;
  std::uint64_t came_before_probe_ = 0;
  std::int64_t looked_us_ = INT64_MIN / 2;
  std::int64_t probed_us_ = 0;
  bool probe_under_way_ = false;
  bool last_was_late_ = false;      ///< The probe before the one under way.
  std::int64_t late_since_us_ = 0;  ///< When the first of late probes was sent, then.
  ShedShare all_;
  bool writes_are_late_ = false;
  std::int64_t writes_late_since_us_ = 0;  ///< Then.
  ShedShare writes_;
  std::int64_t next_refusal_us_ = 0;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::int64_t> wait_us_{0};
  std::atomic<std::int64_t> writes_wait_us_{0};
};

}  // namespace dyad::gateway
