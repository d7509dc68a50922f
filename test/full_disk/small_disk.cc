#include "test/full_disk/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "test/support/server_process.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kMountTimeoutMs = 30'000;

bool write_text(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.flush();
  return file.good();
}

/// Mounts of our own: as root, or as the root of a user namespace.
Result<> separate_mounts() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      return fail(ErrorCode::unsupported, std::string("unshare: ") + std::strerror(errno));
    write_text("/proc/self/setgroups", "deny");
    if (!write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") ||
        !write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1"))
      return fail(ErrorCode::unsupported, "the user namespace takes no map");
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fail(ErrorCode::unsupported, std::string("mount: ") + std::strerror(errno));
  return {};
}

bool runs(const std::vector<std::string>& arguments) {
  const auto outcome = run_program(arguments, kMountTimeoutMs);
  return outcome && outcome->exit_status == 0;
}

/// A file with holes, formatted, behind a loop device that goes with the mount.
bool mount_ext4(const std::string& image, const std::string& path, std::uint64_t size_bytes) {
  const int fd = ::open(image.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool made = ::ftruncate(fd, static_cast<off_t>(size_bytes)) == 0;
  ::close(fd);
  return made && runs({"/sbin/mkfs.ext4", "-q", "-m", "0", image}) &&
         runs({"/bin/mount", "-o", "loop", image, path});
}

}  // namespace

Result<std::unique_ptr<SmallDisk>> SmallDisk::mount(const std::string& directory,
                                                    std::uint64_t size_bytes) {
  DYAD_TRY(separate_mounts());
  const std::string path = directory + "/disk";
  if (::mkdir(path.c_str(), 0700) != 0)
    return fail(ErrorCode::io_error, path + ": " + std::strerror(errno));
  std::string kind = "ext4";
  if (!mount_ext4(directory + "/image", path, size_bytes)) {
    kind = "tmpfs";
    const std::string options = "size=" + std::to_string(size_bytes);
    if (::mount("none", path.c_str(), "tmpfs", 0, options.c_str()) != 0)
      return fail(ErrorCode::unsupported, std::string("mount: ") + std::strerror(errno));
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(path, kind));
}

SmallDisk::~SmallDisk() {
  ::umount2(path_.c_str(), MNT_DETACH);
}

std::uint64_t SmallDisk::free_bytes() const {
  struct statvfs status;
  if (::statvfs(path_.c_str(), &status) != 0) return 0;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

bool ForeignFile::fill() {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return errno == ENOSPC;
  const std::vector<char> bytes(1u << 20, 'f');
  bool full = true;
  // Ever smaller pieces, down to the last byte.
  for (std::size_t piece = bytes.size(); piece > 0; piece /= 2) {
    while (::write(fd, bytes.data(), piece) > 0) continue;
    full = full && errno == ENOSPC;
  }
  // Until the blocks are its own, what was written may yet go away.
  (void)::fsync(fd);
  ::close(fd);
  return full;
}

void ForeignFile::remove() {
  ::unlink(path_.c_str());
}

}  // namespace dyad::proof
