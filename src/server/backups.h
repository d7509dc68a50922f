#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "backup/create.h"
#include "backup/watch.h"
#include "base/result.h"
#include "runtime/executor.h"

namespace dyad::server {

/// Where a backup may be made: in `backup_directory` (made where it is missing), or in a directory
/// below it, and not in the data directory. Both are absolute.
struct BackupPlace {
  std::string data_directory;
  std::string backup_directory;
};

/// The directory of a backup, out of what somebody wished: an absolute path, a bare name under the
/// backup directory, or nothing, which makes a name of the time. Errors are sentences that say what
/// to do: invalid_argument, already_exists, io_error.
Result<std::string> backup_destination(Files& files, const BackupPlace& place,
                                       const std::string& wanted, std::int64_t now_ms);

/// The backups of a running server: one at a time, on a thread of its own. Thread-safe.
class Backups {
 public:
  struct Order {
    std::string directory;  ///< See backup_destination.
    std::uint64_t bytes_per_second = 0;
    backup::Share share = backup::Share::link_where_possible;
  };
  enum class Phase : std::uint8_t { running, done, failed, cancelled };
  struct State {
    std::uint64_t id = 0;
    Phase phase = Phase::running;
    std::string directory;
    std::int64_t began_ms = 0;
    std::int64_t ended_ms = 0;  ///< 0: it has not.
    backup::Progress progress;
    backup::Summary summary;  ///< Of one that is done.
    std::string error;        ///< Of one that failed.
  };

  Backups(backup::Source source, std::string backup_directory);
  ~Backups();  ///< After stop().

  /// Begins one. conflict: one is under way. Blocks for some file operations, and holds up no other
  /// call meanwhile.
  Result<State> create(const Order& order);
  /// The one under way or the last one of this process; not_found: there was none.
  Result<State> describe() const;
  /// Asks the one under way to end; what it made is removed. Not yet over when this returns.
  Result<State> cancel();
  /// Cancels, waits, and takes no more. From a plain thread.
  void stop();

 private:
  Result<> take_turn();
  Task<void> run(std::shared_ptr<backup::Watch> watch, std::string directory, backup::Share share);
  void end(Result<backup::Summary> made);
  Result<State> state() const;  ///< Under mutex_.

  const backup::Source source_;
  const BackupPlace place_;
  mutable std::mutex mutex_;
  std::condition_variable over_;
  std::shared_ptr<backup::Watch> watch_;  ///< Of the last one.
  State last_;
  bool running_ = false;
  bool placing_ = false;  ///< A call of create looks for the next one's place.
  bool stopping_ = false;
  std::unique_ptr<Executor> executor_;
};

}  // namespace dyad::server
