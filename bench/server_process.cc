#include "server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/check.h"

namespace dyad::bench {
namespace {

constexpr std::size_t kLogEndBytes = 4000;

Error system_error(std::string_view what) {
  return Error(ErrorCode::io_error, fmt::format("{}: {}", what, std::strerror(errno)));
}

/// In the child: never returns. Allocates nothing: other threads of ours may have held locks.
[[noreturn]] void become_server(const ServerSpec& spec, char* const* arguments,
                                char* const* environment, int log_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(log_fd, STDOUT_FILENO);
  ::dup2(log_fd, STDERR_FILENO);
  if (spec.cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(*spec.cpu), &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
  }
  ::execve(arguments[0], arguments, environment);
  ::dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], std::strerror(errno));
  ::_exit(127);
}

std::vector<std::string> environment_of(const ServerSpec& spec) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  for (const auto& [name, value] : spec.environment) {
    const std::string start = name + "=";
    std::erase_if(all, [&](const std::string& entry) { return entry.starts_with(start); });
    all.push_back(start + value);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& text : strings) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Result<ScratchDirectory> ScratchDirectory::make(const std::string& parent, bool keep) {
  std::string path = parent + "/dyad-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return system_error(parent);
  return ScratchDirectory(std::move(path), keep);
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), keep_(other.keep_) {}

ScratchDirectory::~ScratchDirectory() {
  if (path_.empty() || keep_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::file_system() const {
  struct statfs stat;
  if (::statfs(path_.c_str(), &stat) != 0) return "unknown";
  switch (stat.f_type) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case TMPFS_MAGIC:
      return "tmpfs";
    default:
      return fmt::format("{:#x}", stat.f_type);
  }
}

Result<std::string> free_address() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(fd);
  if (!bound) return system_error("bind");
  return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
}

Result<ServerProcess> ServerProcess::start(const ServerSpec& spec) {
  DYAD_CHECK(!spec.command.empty());
  if (::access(spec.command[0].c_str(), X_OK) != 0) return system_error(spec.command[0]);
  const int log_fd = ::open(spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return system_error(spec.log);
  std::vector<std::string> command = spec.command, environment = environment_of(spec);
  const std::vector<char*> arguments = pointers_to(command), variables = pointers_to(environment);
  const pid_t pid = ::fork();
  if (pid == 0) become_server(spec, arguments.data(), variables.data(), log_fd);
  ::close(log_fd);
  if (pid < 0) return system_error("fork");
  return ServerProcess(pid, spec.log);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), status_(other.status_), log_(std::move(other.log_)) {}

ServerProcess::~ServerProcess() {
  (void)stop();
}

bool ServerProcess::running() {
  return pid_ != 0 && !await_end(0);
}

/// Waits that long; true: it has ended.
bool ServerProcess::await_end(int max_ms) {
  if (pid_ == 0) return true;
  for (int waited_ms = 0;; ++waited_ms) {
    if (::waitpid(pid_, &status_, WNOHANG) != 0) {
      pid_ = 0;
      return true;
    }
    if (waited_ms >= max_ms) return false;
    ::usleep(1000);
  }
}

Result<> ServerProcess::stop() {
  if (pid_ != 0) {
    ::kill(pid_, SIGTERM);
    if (!await_end(kMaxStopMs)) kill();
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
  return fail(ErrorCode::cancelled,
              fmt::format("the server ended with wait status {:#x}: {}", status_, log_end()));
}

void ServerProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

std::string ServerProcess::log_end() const {
  std::ifstream file(log_);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.size() > kLogEndBytes) text.erase(0, text.size() - kLogEndBytes);
  return text;
}

}  // namespace dyad::bench
