#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dyad::bench {

/// A directory of our own that goes with this object, for data that must lie on the disk to be
/// measured.
class ScratchDirectory {
 public:
  /// A new one in `parent`. `keep`: it stays, for a look at it.
  static Result<ScratchDirectory> make(const std::string& parent, bool keep);
  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();
  const std::string& path() const { return path_; }
  /// "ext4", "tmpfs", or the file system's magic number.
  std::string file_system() const;

 private:
  ScratchDirectory(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}
  std::string path_;
  bool keep_;
};

/// A program that listens.
struct ServerSpec {
  std::vector<std::string> command;  ///< The first is a path; may not be empty.
  std::vector<std::pair<std::string, std::string>> environment;  ///< On top of our own.
  std::string log;                                               ///< Appended to.
  std::optional<int> cpu;                                        ///< Pinned to.
};

/// "127.0.0.1:PORT", free a moment ago.
Result<std::string> free_address();

/// A server process of our own, ended with this object. It dies with us too.
class ServerProcess {
 public:
  /// From the main thread, which must outlive it (the kernel ends it with that thread). The process
  /// may not listen yet.
  static Result<ServerProcess> start(const ServerSpec& spec);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess();

  pid_t pid() const { return pid_; }
  /// False: it ended.
  bool running();
  /// SIGTERM, and waits; after kMaxStopMs, SIGKILL. cancelled: it did not end with status 0 (the
  /// message has the end of its log).
  Result<> stop();
  /// SIGKILL, and waits.
  void kill();
  std::string log_end() const;

  static constexpr int kMaxStopMs = 30'000;

 private:
  ServerProcess(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}
  bool await_end(int max_ms);

  pid_t pid_;  ///< 0: it has ended and was waited for.
  int status_ = 0;
  std::string log_;
};

}  // namespace dyad::bench
