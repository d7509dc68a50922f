#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "runtime/aligned_buffer.h"
#include "runtime/direct_append.h"
#include "runtime/files.h"
#include "runtime/paced_release.h"
#include "runtime/posix_error.h"
#include "runtime/posix_io.h"
#include "runtime/unique_fd.h"

namespace dyad {
namespace {

constexpr mode_t kDirectoryMode = 0700;
/// Zeros are written, and unaligned direct reads are made, in pieces of this size.
constexpr std::size_t kPieceBytes = 1u << 20;

class PosixRandomReadFile final : public RandomReadFile {
 public:
  PosixRandomReadFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    return read_fully(path_, fd_.get(), offset, out);
  }
  Result<std::optional<std::size_t>> read_at_once(std::uint64_t offset,
                                                  std::span<char> out) const override {
    return read_resident(path_, fd_.get(), offset, out);
  }
  Result<std::uint64_t> size_bytes() const override { return descriptor_size(path_, fd_.get()); }
  void advise(std::uint64_t offset, std::uint64_t length, bool will_need) const override {
    advise_range(fd_.get(), offset, length, will_need);
  }
  void advise_random() const override { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_RANDOM); }

 private:
  std::string path_;
  UniqueFd fd_;
};

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(std::string path, UniqueFd fd, std::uint64_t size_bytes)
      : path_(std::move(path)), fd_(std::move(fd)), size_bytes_(size_bytes) {}
  /// The file is new. Where its file system has no direct I/O all stays as it is.
  void go_past_page_cache(std::size_t gathered_bytes) {
    DYAD_CHECK(size_bytes_ == 0);
    if (set_direct(fd_.get(), true)) direct_.emplace(path_, fd_.get(), gathered_bytes);
  }

  Result<> append(std::string_view bytes) override {
    DYAD_TRY(check_usable());
    auto written =
        direct_ ? direct_->append(bytes) : write_fully(path_, fd_.get(), size_bytes_, bytes);
    if (!written) {
      // Part of it may stand in the file; nobody is to append behind a gap of unknown bytes.
      if (written.error().code != ErrorCode::no_space) failed_ = true;
      return written;
    }
    size_bytes_ += bytes.size();
    return {};
  }

  Result<> sync() override {
    DYAD_TRY(check_usable());
    DYAD_TRY(end_direct());
    if (::fdatasync(fd_.get()) == 0) return {};
    // The kernel has dropped the dirty pages: a second call would succeed and have written nothing.
    failed_ = true;
    return fail(posix_error(path_, "fdatasync"));
  }

  void start_writeback(std::uint64_t offset, std::uint64_t length) override {
    ::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                      SYNC_FILE_RANGE_WRITE);
  }

  Result<> truncate(std::uint64_t size_bytes) override {
    DYAD_TRY(check_usable());
    DYAD_TRY(end_direct());
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) {
      return fail(posix_error(path_, "ftruncate"));
    }
    size_bytes_ = size_bytes;
    return {};
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }

  Result<> close() override {
    if (!fd_) return {};
    DYAD_TRY(end_direct());
    const int fd = fd_.release();
    // Never retried: Linux has released the descriptor even when it reports an error.
    if (::close(fd) != 0 && errno != EINTR) return fail(posix_error(path_, "close"));
    return {};
  }

 private:
  Result<> check_usable() const {
    if (!fd_) return fail(ErrorCode::io_error, path_ + ": is closed");
    if (failed_) return fail(ErrorCode::io_error, path_ + ": an earlier write or sync failed");
    return {};
  }

  /// What is gathered goes to the file, which is one like any other from here on.
  Result<> end_direct() {
    if (!direct_) return {};
    Result<> ended = direct_->end();
    direct_.reset();
    failed_ = failed_ || !ended;
    return ended;
  }

  std::string path_;
  UniqueFd fd_;
  std::uint64_t size_bytes_;
  bool failed_ = false;
  std::optional<DirectAppend> direct_;
};

bool is_aligned(std::uint64_t offset, const char* data, std::size_t size_bytes) {
  return (offset | reinterpret_cast<std::uintptr_t>(data) | size_bytes) %
             DurableFile::kBlockBytes ==
         0;
}

class PosixDurableFile final : public DurableFile {
 public:
  PosixDurableFile(std::string path, UniqueFd fd, std::uint64_t size_bytes)
      : path_(std::move(path)), fd_(std::move(fd)), size_bytes_(size_bytes) {}

  Result<> write_at(std::uint64_t offset, std::span<const char> blocks) override {
    DYAD_CHECK(is_aligned(offset, blocks.data(), blocks.size()));
    DYAD_CHECK(offset <= size_bytes_ && blocks.size() <= size_bytes_ - offset);
    return write_fully(path_, fd_.get(), offset, blocks);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    if (offset >= size_bytes_) return std::size_t{0};
    const std::size_t want = std::min<std::uint64_t>(out.size(), size_bytes_ - offset);
    if (is_aligned(offset, out.data(), want)) {
      return read_fully(path_, fd_.get(), offset, out.first(want));
    }
    return read_unaligned(offset, out.first(want));
  }

  Result<std::uint64_t> size_bytes() const override { return size_bytes_; }
  void advise(std::uint64_t offset, std::uint64_t length, bool will_need) const override {
    advise_range(fd_.get(), offset, length, will_need);
  }

 private:
  Result<std::size_t> read_unaligned(std::uint64_t offset, std::span<char> out) const {
    std::size_t done = 0;
    AlignedBuffer piece(std::min(out.size() + 2 * kBlockBytes, kPieceBytes));
    while (done < out.size()) {
      const std::uint64_t position = offset + done;
      const std::uint64_t start = position / kBlockBytes * kBlockBytes;
      DYAD_TRY_ASSIGN(const std::size_t got, read_fully(path_, fd_.get(), start, piece.span()));
      const std::size_t skip = position - start;
      if (got <= skip) break;
      const std::size_t count = std::min(got - skip, out.size() - done);
      std::memcpy(out.data() + done, piece.data() + skip, count);
      done += count;
    }
    return done;
  }

  std::string path_;
  UniqueFd fd_;
  std::uint64_t size_bytes_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  UniqueFd fd_;
};

/// Writes the zeros, not only reserves them: an extent that is merely reserved is converted at its
/// first write, and that change of metadata costs each such write a journal commit. One piece after
/// the other goes to the disk, so that writes of others get in between; all of them at once, by the
/// sync at the end, held up each durable write for 30 ms.
Result<> write_zeros(const std::string& path, int fd, std::uint64_t size_bytes) {
  // Contiguous space, and ENOSPC before a byte is written. Not every file system has it.
  if (::fallocate(fd, 0, 0, static_cast<off_t>(size_bytes)) != 0 && errno == ENOSPC) {
    return fail(posix_error(path, "fallocate"));
  }
  const AlignedBuffer zeros(std::min<std::uint64_t>(size_bytes, kPieceBytes));
  for (std::uint64_t at = 0; at < size_bytes; at += zeros.size_bytes()) {
    const std::size_t count = std::min<std::uint64_t>(zeros.size_bytes(), size_bytes - at);
    DYAD_TRY(write_fully(path, fd, at, zeros.span().first(count)));
  }
  if (::fsync(fd) != 0) return fail(posix_error(path, "fsync"));
  return {};
}

Result<> make_zeroed(const std::string& path, std::uint64_t size_bytes) {
  const std::string preparing = path + std::string(kPreparingSuffix);
  auto written = [&]() -> Result<> {
    DYAD_TRY_ASSIGN(UniqueFd fd, open_direct(preparing, O_RDWR | O_CREAT | O_TRUNC));
    return write_zeros(preparing, fd.get(), size_bytes);
  }();
  if (written && ::rename(preparing.c_str(), path.c_str()) != 0) {
    written = fail(posix_error(path, "rename"));
  }
  if (!written) ::unlink(preparing.c_str());
  return written;
}

class PosixFiles final : public Files {
 public:
  Result<std::unique_ptr<RandomReadFile>> open_read(const std::string& path) override {
    DYAD_TRY_ASSIGN(UniqueFd fd, open_path(path, O_RDONLY));
    return std::make_unique<PosixRandomReadFile>(path, std::move(fd));
  }

  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Create create) override {
    int flags = O_RDWR | O_CREAT;
    if (create == Create::truncate) flags |= O_TRUNC;
    if (create == Create::must_be_new) flags |= O_EXCL;
    DYAD_TRY_ASSIGN(UniqueFd fd, open_path(path, flags));
    DYAD_TRY_ASSIGN(const std::uint64_t size_bytes, descriptor_size(path, fd.get()));
    return std::make_unique<PosixAppendFile>(path, std::move(fd), size_bytes);
  }

  Result<std::unique_ptr<AppendFile>> open_long(const std::string& path,
                                                std::size_t gathered_bytes) override {
    DYAD_TRY_ASSIGN(UniqueFd fd, open_path(path, O_RDWR | O_CREAT | O_EXCL));
    auto file = std::make_unique<PosixAppendFile>(path, std::move(fd), 0);
    file->go_past_page_cache(gathered_bytes);
    return file;
  }

  Result<std::unique_ptr<DurableFile>> open_durable(const std::string& path,
                                                    std::uint64_t size_bytes) override {
    DYAD_CHECK(size_bytes > 0 && size_bytes % DurableFile::kBlockBytes == 0);
    auto found = info(path);
    if (!found) {
      if (found.error().code != ErrorCode::not_found) return fail(std::move(found).error());
      DYAD_TRY(make_zeroed(path, size_bytes));
    } else if (found->size_bytes != size_bytes) {
      return fail(ErrorCode::corruption, path + ": " + std::to_string(found->size_bytes) +
                                             " bytes, expected " + std::to_string(size_bytes));
    }
    DYAD_TRY_ASSIGN(UniqueFd fd, open_direct(path, O_RDWR | O_DSYNC));
    return std::make_unique<PosixDurableFile>(path, std::move(fd), size_bytes);
  }

  Result<FileInfo> info(const std::string& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) return fail(posix_error(path, "stat"));
    return FileInfo{.size_bytes = static_cast<std::uint64_t>(status.st_size),
                    .is_directory = S_ISDIR(status.st_mode),
                    .modified_ms = status.st_mtim.tv_sec * std::int64_t{1000} +
                                   status.st_mtim.tv_nsec / 1'000'000};
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
    if (!stream) return fail(posix_error(directory, "opendir"));
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (entry == nullptr) break;
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return fail(posix_error(directory, "readdir"));
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), kDirectoryMode) == 0) return {};
    const int error_number = errno;
    if (error_number == EEXIST) {
      const auto found = info(path);
      if (found && found->is_directory) return {};
    }
    return fail(posix_error(path, "mkdir", error_number));
  }

  Result<> remove_directory(const std::string& path) override {
    return check(::rmdir(path.c_str()), path, "rmdir");
  }
  Result<> remove(const std::string& path) override {
    UniqueFd held = open_if_long(path);
    DYAD_TRY(check(::unlink(path.c_str()), path, "unlink"));
    if (held) release_.take(std::move(held));
    return {};
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    return check(::rename(from.c_str(), to.c_str()), from + " -> " + to, "rename");
  }
  Result<> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    const int why = errno;
    Error error = posix_error(from + " -> " + to, "link", why);
    // Another file system, one without links, or one more than it can count.
    if (why == EXDEV || why == EPERM || why == EOPNOTSUPP || why == EMLINK)
      error.code = ErrorCode::unsupported;
    return fail(std::move(error));
  }

  Result<> sync_directory(const std::string& path) override {
    DYAD_TRY_ASSIGN(UniqueFd fd, open_path(path, O_RDONLY | O_DIRECTORY));
    return check(::fsync(fd.get()), path, "fsync of the directory");
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    DYAD_TRY_ASSIGN(UniqueFd fd, open_path(path, O_RDWR | O_CREAT));
    // flock belongs to the open file, not to the process: a second holder of our own is refused
    // too.
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        return fail(ErrorCode::conflict, path + ": is locked by another holder");
      }
      return fail(posix_error(path, "flock"));
    }
    return std::make_unique<PosixFileLock>(std::move(fd));
  }

  Result<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs status;
    if (::statvfs(path.c_str(), &status) != 0) return fail(posix_error(path, "statvfs"));
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }

 private:
  static Result<> check(int outcome, const std::string& path, std::string_view operation) {
    if (outcome == 0) return {};
    return fail(posix_error(path, operation));
  }

  /// Nothing where the file goes at once as well as later.
  static UniqueFd open_if_long(const std::string& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1 ||
        static_cast<std::uint64_t>(status.st_size) <= PacedRelease::kPieceBytes)
      return {};
    return UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  }

  PacedRelease release_;
};

}  // namespace

std::unique_ptr<Files> make_posix_files() {
  return std::make_unique<PosixFiles>();
}

}  // namespace dyad
