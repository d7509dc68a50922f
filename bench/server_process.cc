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

namespace dyad::bench {
namespace {

constexpr std::size_t kLogEndBytes = 4000;

Error system_error(std::string_view what) {
  return Error(ErrorCode::io_error, fmt::format("{}: {}", what, std::strerror(errno)));
}

/// A port that was free a moment ago.
Result<std::uint16_t> free_port() {
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
  return ntohs(address.sin_port);
}

/// In the child: never returns.
[[noreturn]] void become_server(const ServerSpec& spec, const std::string& address, int log_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::dup2(log_fd, STDOUT_FILENO);
  ::dup2(log_fd, STDERR_FILENO);
  if (spec.cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(*spec.cpu), &cpus);
    ::sched_setaffinity(0, sizeof cpus, &cpus);
  }
  ::setenv("DYAD_ROOT_ACCESS_KEY_ID", spec.root.access_key_id.c_str(), 1);
  ::setenv("DYAD_ROOT_SECRET_ACCESS_KEY", spec.root.secret_access_key.c_str(), 1);
  const std::string data = spec.directory + "/data";
  ::execl(spec.program.c_str(), spec.program.c_str(), "serve", "--data", data.c_str(), "--listen",
          address.c_str(), "--region", spec.region.c_str(), nullptr);
  ::dprintf(STDERR_FILENO, "%s: %s\n", spec.program.c_str(), std::strerror(errno));
  ::_exit(127);
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

Result<ServerProcess> ServerProcess::start(const ServerSpec& spec) {
  if (::access(spec.program.c_str(), X_OK) != 0) return system_error(spec.program);
  DYAD_TRY_ASSIGN(const std::uint16_t port, free_port());
  const std::string address = fmt::format("127.0.0.1:{}", port);
  const std::string log = spec.directory + "/server.log";
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) return system_error(log);
  const pid_t pid = ::fork();
  if (pid == 0) become_server(spec, address, log_fd);
  ::close(log_fd);
  if (pid < 0) return system_error("fork");
  return ServerProcess(pid, address, log);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      status_(other.status_),
      address_(std::move(other.address_)),
      log_(std::move(other.log_)) {}

ServerProcess::~ServerProcess() {
  (void)stop();
}

bool ServerProcess::running() {
  if (pid_ == 0) return false;
  if (::waitpid(pid_, &status_, WNOHANG) == 0) return true;
  pid_ = 0;
  return false;
}

Result<> ServerProcess::stop() {
  if (pid_ != 0) {
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
  return fail(ErrorCode::cancelled,
              fmt::format("the server ended with wait status {:#x}: {}", status_, log_end()));
}

std::string ServerProcess::log_end() const {
  std::ifstream file(log_);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.size() > kLogEndBytes) text.erase(0, text.size() - kLogEndBytes);
  return text;
}

}  // namespace dyad::bench
