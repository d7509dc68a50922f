#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "runtime/completion.h"
#include "runtime/task.h"

namespace dyad::store::rados {

/// RADOS shows each operation as soon as it is done, and a scan takes several. So that a walk sees
/// one moment, and nobody half a commit, commits and walks take turns here. Thread-safe.
///
/// A walk that begins before a commit is waited for; one that begins during it waits for its end
/// (what it captured of the pending rows holds the whole commit, so that nothing is missed).
class CommitGate {
 public:
  class Walk {
   public:
    explicit Walk(CommitGate& gate);
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    /// Awaited before the first read.
    Task<void> ready();

   private:
    CommitGate& gate_;
    std::uint64_t waits_for_ = 0;  ///< The commit under way when it began; zero: none.
  };

  /// Blocks until the walks that began before it are over.
  void begin_commit();
  void end_commit();
  /// From here to the commit's end it shows in some homes and not in others: reads wait.
  void hide();
  Task<void> readable();

 private:
  mutable std::mutex mutex_;
  std::condition_variable walks_over_;
  std::uint64_t commits_ = 0;  ///< Begun so far.
  bool committing_ = false;
  bool hidden_ = false;
  int walking_ = 0;
  int waiting_ = 0;  ///< Walks that wait for the commit under way.
  std::vector<Completion<bool>*> waiters_;
};

}  // namespace dyad::store::rados
