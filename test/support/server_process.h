#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace dyad::proof {

/// The pair that every server of a test is started with.
constexpr const char* kAccessKeyId = "AKIAPROOFPROOFPROOFX";
constexpr const char* kSecretAccessKey = "proofproofproofproofproofproofproofproof";

/// One `dyad serve` process on a free port of loopback. It dies with the test.
class ServerProcess {
 public:
  /// Starts it and waits for nothing. Its log goes to `log_path` (appended). Writes are refused
  /// when less than `reserve_mib` MiB of disk are free.
  static Result<std::unique_ptr<ServerProcess>> start(const std::string& program,
                                                      const std::string& data_directory,
                                                      const std::string& log_path,
                                                      std::uint32_t reserve_mib = 1);
  /// SIGKILL, where it still runs.
  ~ServerProcess();

  /// Waits until it says its address, with or without TLS. cancelled: it ended instead;
  /// deadline_exceeded.
  Result<std::string> wait_for_address(std::int64_t timeout_ms);
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// SIGTERM, and its exit status.
  Result<int> stop(std::int64_t timeout_ms);
  /// Waits for its end: its exit status.
  Result<int> wait(std::int64_t timeout_ms);
  /// Negative: it was waited for.
  pid_t pid() const { return pid_; }

 private:
  ServerProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_;
  int output_;  ///< Read end of its standard output.
  std::string said_;
};

struct ProgramOutcome {
  int exit_status = -1;  ///< Negative: ended by that signal.
  std::string output;    ///< Standard output and error together.
};
/// Runs a program to its end.
Result<ProgramOutcome> run_program(const std::vector<std::string>& arguments,
                                   std::int64_t timeout_ms);
/// The same, and a SIGTERM waits for it from before its beginning until it looks for one.
Result<ProgramOutcome> run_program_told_to_end(const std::vector<std::string>& arguments,
                                               std::int64_t timeout_ms);

}  // namespace dyad::proof
