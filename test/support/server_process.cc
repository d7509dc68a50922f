#include "test/support/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

namespace dyad::proof {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kMaxOutputBytes = 4u << 20;

struct Child {
  pid_t pid = -1;
  int output = -1;
};

/// A signal that is blocked stays so in the next program, and so does one that came meanwhile.
void tell_to_end() {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &end, nullptr);
  ::raise(SIGTERM);
}

/// `error_path` empty: standard error goes where standard output goes.
Result<Child> spawn(const std::vector<std::string>& arguments, const std::string& error_path,
                    bool told_to_end = false) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::io_error, "pipe failed");
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::io_error, "fork failed");
  if (pid == 0) {
    // Nothing here may allocate: the parent has threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(ends[1], STDOUT_FILENO);
    const int error = error_path.empty()
                          ? ends[1]
                          : ::open(error_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(error, STDERR_FILENO);
    if (told_to_end) tell_to_end();
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  return Child{pid, ends[0]};
}

int remaining_ms(SteadyClock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

int status_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Reads some of what the process says. False: it closed its output.
Result<bool> read_some(int descriptor, std::string& into, SteadyClock::time_point until) {
  pollfd waiting{descriptor, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, remaining_ms(until));
  if (ready == 0) return fail(ErrorCode::deadline_exceeded, "the process says nothing");
  if (ready < 0 && errno == EINTR) return true;
  char buffer[4096];
  const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
  if (count < 0) return fail(ErrorCode::io_error, "cannot read the process's output");
  if (into.size() < kMaxOutputBytes) into.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

/// Until it ends by itself, or is made to.
Result<ProgramOutcome> outcome_of(const Child& child, std::int64_t timeout_ms) {
  ProgramOutcome outcome;
  const auto until = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  Result<bool> more = true;
  while (more && *more) more = read_some(child.output, outcome.output, until);
  if (!more) ::kill(child.pid, SIGKILL);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) continue;
  ::close(child.output);
  DYAD_TRY(more);
  outcome.exit_status = status_of(status);
  return outcome;
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const std::string& program,
                                                            const std::string& data_directory,
                                                            const std::string& log_path,
                                                            std::uint32_t reserve_mib) {
  ::setenv("DYAD_ROOT_ACCESS_KEY_ID", kAccessKeyId, 1);
  ::setenv("DYAD_ROOT_SECRET_ACCESS_KEY", kSecretAccessKey, 1);
  const std::vector<std::string> arguments = {program,         "serve",
                                              "--data",        data_directory,
                                              "--listen",      "127.0.0.1:0",
                                              "--cache-mib",   "32",
                                              "--reserve-mib", std::to_string(reserve_mib),
                                              "--threads",     "2"};
  DYAD_TRY_ASSIGN(const Child child, spawn(arguments, log_path));
  return std::unique_ptr<ServerProcess>(new ServerProcess(child.pid, child.output));
}

ServerProcess::~ServerProcess() {
  kill();
  ::close(output_);
}

Result<std::string> ServerProcess::wait_for_address(std::int64_t timeout_ms) {
  const auto until = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  constexpr std::string_view kBefore = "://";
  while (true) {
    const std::size_t at = said_.find(kBefore);
    const std::size_t end = at == std::string::npos ? at : said_.find('\n', at);
    if (end != std::string::npos)
      return said_.substr(at + kBefore.size(), end - at - kBefore.size());
    DYAD_TRY_ASSIGN(const bool more, read_some(output_, said_, until));
    if (!more) return fail(ErrorCode::cancelled, "the server ended at its start: " + said_);
  }
}

void ServerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
}

Result<int> ServerProcess::stop(std::int64_t timeout_ms) {
  if (pid_ >= 0) ::kill(pid_, SIGTERM);
  return wait(timeout_ms);
}

Result<int> ServerProcess::wait(std::int64_t timeout_ms) {
  if (pid_ < 0) return fail(ErrorCode::invalid_argument, "the process is gone");
  // Its output ends when it does.
  const auto until = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    DYAD_TRY_ASSIGN(const bool more, read_some(output_, said_, until));
    if (!more) break;
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status_of(status);
}

Result<ProgramOutcome> run_program(const std::vector<std::string>& arguments,
                                   std::int64_t timeout_ms) {
  DYAD_TRY_ASSIGN(const Child child, spawn(arguments, {}));
  return outcome_of(child, timeout_ms);
}

Result<ProgramOutcome> run_program_told_to_end(const std::vector<std::string>& arguments,
                                               std::int64_t timeout_ms) {
  DYAD_TRY_ASSIGN(const Child child, spawn(arguments, {}, true));
  return outcome_of(child, timeout_ms);
}

}  // namespace dyad::proof
