#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/sigv4_signer.h"

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

struct ServerSpec {
  std::string program;    ///< The server, "build/release/dyad".
  std::string directory;  ///< For its data and its log; must be there.
  std::string region;
  crypto::Credentials root;
  std::optional<int> cpu;  ///< Pinned to.
};

/// A server process of our own on a free port of loopback, ended with this object. It dies with us
/// too.
class ServerProcess {
 public:
  /// From the main thread, before other threads are started. The process may not listen yet.
  static Result<ServerProcess> start(const ServerSpec& spec);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess();

  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }
  /// False: it ended.
  bool running();
  /// SIGTERM, and waits; cancelled: it did not end with status 0 (the message has the end of its
  /// log).
  Result<> stop();
  std::string log_end() const;

 private:
  ServerProcess(pid_t pid, std::string address, std::string log)
      : pid_(pid), address_(std::move(address)), log_(std::move(log)) {}

  pid_t pid_;  ///< 0: it has ended and was waited for.
  int status_ = 0;
  std::string address_;
  std::string log_;
};

}  // namespace dyad::bench
