#include "runtime/paced_release.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "runtime/thread_name.h"

namespace dyad {
namespace {

/// Whether nobody else has the file open: only then is a write lease granted (fcntl(2),
/// F_SETLEASE). It is given back at once. Who tries to open the file in between has the kernel send
/// a signal; SIGURG is one that ends nobody, unlike the usual SIGIO.
bool is_sole_holder(int fd) {
  if (::fcntl(fd, F_SETSIG, SIGURG) != 0 || ::fcntl(fd, F_SETLEASE, F_WRLCK) != 0) return false;
  return ::fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

}  // namespace

PacedRelease::~PacedRelease() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool PacedRelease::take(UniqueFd fd) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0 || status.st_nlink != 0 || !is_sole_holder(fd.get()))
    return false;
  const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) return false;
  waiting_.push_back({std::move(fd), size_bytes});
  waiting_bytes_ += size_bytes;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return true;
}

void PacedRelease::run() {
  set_thread_name("space");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    // A deque's elements stay where they are while others are appended.
    Waiting& file = waiting_.front();
    const std::uint64_t before_bytes = file.size_bytes;
    const std::uint64_t waiting_bytes = waiting_bytes_;
    lock.unlock();
    const bool more = cut(file);
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::microseconds(pause_us(file.fd.get(), waiting_bytes));
    lock.lock();
    waiting_bytes_ -= more ? before_bytes - file.size_bytes : before_bytes;
    if (!more) waiting_.pop_front();
    changed_.wait_until(lock, until, [this] { return stopping_; });
  }
}

bool PacedRelease::cut(Waiting& file) {
  file.size_bytes -= std::min(file.size_bytes, kPieceBytes);
  if (::ftruncate(file.fd.get(), static_cast<off_t>(file.size_bytes)) != 0) return false;
  // Without it the journal would gather pieces for seconds, and then let all of them go at once.
  return ::fsync(file.fd.get()) == 0 && file.size_bytes > 0;
}

std::uint64_t PacedRelease::pause_us(int fd, std::uint64_t waiting_bytes) {
  struct statvfs status;
  if (::fstatvfs(fd, &status) != 0 ||
      std::uint64_t{status.f_bavail} * status.f_frsize < kScarceBytes + waiting_bytes)
    return 0;
  constexpr std::uint64_t kSecondUs = 1'000'000;
  const std::uint64_t per_second =
      std::max(kSlowestPerSecond, waiting_bytes / (kLongestWaitUs / kSecondUs));
  return kPieceBytes * kSecondUs / per_second;
}

}  // namespace dyad
