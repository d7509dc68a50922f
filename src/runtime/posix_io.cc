#include "runtime/posix_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/posix_error.h"

namespace dyad {
namespace {

constexpr mode_t kFileMode = 0600;
/// One read or write call; Linux moves no more than about 2 GiB in one.
constexpr std::size_t kMaxTransferBytes = 1u << 30;

}  // namespace

Result<UniqueFd> open_path(const std::string& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (fd >= 0) return UniqueFd(fd);
    if (errno != EINTR) return fail(posix_error(path, "open"));
  }
}

Result<UniqueFd> open_direct(const std::string& path, int flags) {
  auto fd = open_path(path, flags | O_DIRECT);
  // EINVAL, which is io_error: the file system has none (tmpfs).
  if (fd || fd.error().code != ErrorCode::io_error) return fd;
  return open_path(path, flags);
}

bool set_direct(int fd, bool direct) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

Result<std::uint64_t> descriptor_size(const std::string& path, int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return fail(posix_error(path, "fstat"));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> read_fully(const std::string& path, int fd, std::uint64_t offset,
                               std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t want = std::min(out.size() - done, kMaxTransferBytes);
    const ssize_t got = ::pread(fd, out.data() + done, want, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(posix_error(path, "pread"));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<std::optional<std::size_t>> read_resident(const std::string& path, int fd,
                                                 std::uint64_t offset, std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const iovec rest{out.data() + done, std::min(out.size() - done, kMaxTransferBytes)};
    const ssize_t got = ::preadv2(fd, &rest, 1, static_cast<off_t>(offset + done), RWF_NOWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EOPNOTSUPP)) return std::nullopt;
    if (got < 0) return fail(posix_error(path, "preadv2"));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<> write_fully(const std::string& path, int fd, std::uint64_t offset,
                     std::span<const char> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::size_t want = std::min(bytes.size() - done, kMaxTransferBytes);
    const ssize_t put = ::pwrite(fd, bytes.data() + done, want, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(posix_error(path, "pwrite"));
    if (put == 0) return fail(posix_error(path, "pwrite", EIO));
    done += static_cast<std::size_t>(put);
  }
  return {};
}

void advise_range(int fd, std::uint64_t offset, std::uint64_t length, bool will_need) {
  ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                  will_need ? POSIX_FADV_WILLNEED : POSIX_FADV_DONTNEED);
}

}  // namespace dyad
