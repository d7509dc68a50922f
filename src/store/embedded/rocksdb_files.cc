#include "store/embedded/rocksdb_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/log.h"
#include "runtime/files.h"
#include "store/embedded/rocksdb_log.h"
#include "store/embedded/rocksdb_manifest.h"

namespace dyad::store::embedded {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

template <class R>
IOStatus status_of(const R& result) {
  return result ? IOStatus::OK() : to_io_status(result.error());
}

IOStatus read_into(const RandomReadFile& file, std::uint64_t offset, std::size_t n, Slice* result,
                   char* scratch) {
  const auto got = file.read_at(offset, {scratch, n});
  *result = Slice(scratch, got ? *got : 0);
  return status_of(got);
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(std::unique_ptr<RandomReadFile> file, std::uint64_t end)
      : file_(std::move(file)), end_(end) {}

  IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    const std::uint64_t left = end_ - std::min(offset_, end_);
    IOStatus status = read_into(*file_, offset_, std::min(n, left), result, scratch);
    offset_ += result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t n) override {
    offset_ += n;
    return IOStatus::OK();
  }
  IOStatus InvalidateCache(std::size_t offset, std::size_t length) override {
    file_->advise(offset, length, false);
    return IOStatus::OK();
  }

 private:
  std::unique_ptr<RandomReadFile> file_;
  const std::uint64_t end_;
  std::uint64_t offset_ = 0;
};

/// Where reading from front to back ends: everywhere but in a torn manifest, with the file.
Result<std::uint64_t> readable_bytes(const RandomReadFile& file, const std::string& path) {
  constexpr std::uint64_t kWithTheFile = std::numeric_limits<std::uint64_t>::max();
  constexpr std::string_view kManifestPrefix = "MANIFEST-";
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (!name.starts_with(kManifestPrefix)) return kWithTheFile;
  DYAD_TRY_ASSIGN(const std::uint64_t end, readable_manifest_bytes(file, path));
  DYAD_TRY_ASSIGN(const std::uint64_t size, file.size_bytes());
  if (end < size) {
    log::info("left out what a power loss tore", "file={} offset={} bytes={}", path, end,
              size - end);
  }
  return end;
}

thread_local ReadsAtOnce* reads_at_once = nullptr;

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(std::unique_ptr<RandomReadFile> file) : file_(std::move(file)) {}

  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    if (reads_at_once) return read_at_once(offset, n, result, scratch);
    return read_into(*file_, offset, n, result, scratch);
  }
  IOStatus Prefetch(std::uint64_t offset, std::size_t n, const IOOptions&,
                    IODebugContext*) override {
    file_->advise(offset, n, true);
    return IOStatus::OK();
  }
  void Hint(AccessPattern pattern) override {
    // The length 0 means: to the end.
    if (pattern == kRandom) file_->advise_random();
    if (pattern == kWillNeed) file_->advise(0, 0, true);
    if (pattern == kWontNeed) file_->advise(0, 0, false);
  }
  IOStatus InvalidateCache(std::size_t offset, std::size_t length) override {
    file_->advise(offset, length, false);
    return IOStatus::OK();
  }

 private:
  IOStatus read_at_once(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const {
    const auto got = file_->read_at_once(offset, {scratch, n});
    *result = Slice(scratch, got ? got->value_or(0) : 0);
    if (!got || *got) return status_of(got);
    reads_at_once->note_refused();
    return IOStatus::IOError("not in memory");
  }

  std::unique_ptr<RandomReadFile> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(std::unique_ptr<AppendFile> file, const FileOptions& options)
      : FSWritableFile(options), file_(std::move(file)) {}

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return status_of(file_->append({data.data(), data.size()}));
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    return status_of(file_->truncate(size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return status_of(file_->close()); }
  /// Append has handed everything to the operating system already.
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return status_of(file_->sync()); }
  IOStatus RangeSync(std::uint64_t offset, std::uint64_t bytes, const IOOptions& options,
                     IODebugContext* debug) override {
    if (strict_bytes_per_sync_) return Sync(options, debug);
    file_->start_writeback(offset, bytes);
    return IOStatus::OK();
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return file_->size_bytes();
  }

 private:
  std::unique_ptr<AppendFile> file_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(Files& files, std::string path) : files_(files), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return status_of(files_.sync_directory(path_));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  Files& files_;
  const std::string path_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::unique_ptr<dyad::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<dyad::FileLock> lock_;
};

class RocksdbFiles final : public rocksdb::FileSystem {
 public:
  explicit RocksdbFiles(Files& files) : files_(files) {}

  const char* Name() const override { return "DyadFiles"; }

  // Files.

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    auto file = files_.open_read(path);
    if (!file) return status_of(file);
    const auto end = readable_bytes(**file, path);
    if (end) *result = std::make_unique<SequentialFile>(std::move(*file), *end);
    return status_of(end);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    auto file = files_.open_read(path);
    if (file) *result = std::make_unique<RandomAccessFile>(std::move(*file));
    return status_of(file);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    return open_writable(path, Files::Create::truncate, options, result);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext*) override {
    return open_writable(path, Files::Create::append, options, result);
  }

  // Names.

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const auto found = files_.info(path);
    if (found || found.error().code != ErrorCode::not_found) return status_of(found);
    return IOStatus::NotFound(found.error().message);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return status_of(files_.remove(path));
  }
  IOStatus Truncate(const std::string& path, std::size_t size, const IOOptions&,
                    IODebugContext*) override {
    if (auto found = files_.info(path); !found) return status_of(found);
    auto file = files_.open_append(path, Files::Create::append);
    if (!file) return status_of(file);
    if (auto cut = (*file)->truncate(size); !cut) return status_of(cut);
    return status_of((*file)->close());
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return status_of(files_.rename(from, to));
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&,
                    IODebugContext*) override {
    return status_of(files_.link(from, to));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size_bytes,
                       IODebugContext*) override {
    const auto found = files_.info(path);
    *size_bytes = found ? found->size_bytes : 0;
    return status_of(found);
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&,
                                   std::uint64_t* seconds, IODebugContext*) override {
    const auto found = files_.info(path);
    *seconds = found ? static_cast<std::uint64_t>(found->modified_ms / 1000) : 0;
    return status_of(found);
  }

  // Directories.

  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    const auto found = files_.info(path);
    if (!found) return status_of(found);
    if (!found->is_directory) return IOStatus::IOError(path + ": not a directory");
    *result = std::make_unique<Directory>(files_, path);
    return IOStatus::OK();
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                       IODebugContext*) override {
    auto listed = files_.list(path);
    names->clear();
    if (listed) *names = std::move(*listed);
    if (listed || listed.error().code != ErrorCode::not_found) return status_of(listed);
    return IOStatus::NotFound(listed.error().message);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    if (files_.info(path)) return IOStatus::IOError(path + ": already exists");
    return status_of(files_.make_directory(path));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return status_of(files_.make_directory(path));
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return status_of(files_.remove_directory(path));
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    const auto found = files_.info(path);
    *is_directory = found && found->is_directory;
    return status_of(found);
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                           IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported("Files has no test directory");
  }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions&, std::uint64_t* free_bytes,
                        IODebugContext*) override {
    const auto found = files_.free_bytes(path);
    *free_bytes = found ? *found : 0;
    return status_of(found);
  }

  // Locks and the log.

  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = make_rocksdb_log();
    return IOStatus::OK();
  }

  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    auto held = files_.lock(path);
    *lock = held ? new Lock(std::move(*held)) : nullptr;
    return status_of(held);
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete lock;
    return IOStatus::OK();
  }

 private:
  IOStatus open_writable(const std::string& path, Files::Create create, const FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* result) {
    auto file = files_.open_append(path, create);
    if (file) *result = std::make_unique<WritableFile>(std::move(*file), options);
    return status_of(file);
  }

  Files& files_;
};

class CappedClock final : public rocksdb::SystemClockWrapper {
 public:
  explicit CappedClock(int max_sleep_us)
      : SystemClockWrapper(rocksdb::SystemClock::Default()), max_sleep_us_(max_sleep_us) {}

  const char* Name() const override { return "DyadClock"; }
  void SleepForMicroseconds(int micros) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, max_sleep_us_));
  }

 private:
  const int max_sleep_us_;
};

class RocksdbEnv final : public rocksdb::EnvWrapper {
 public:
  RocksdbEnv(Files& files, int max_sleep_us)
      : EnvWrapper(rocksdb::NewCompositeEnv(make_rocksdb_files(files))) {
    file_system_ = target()->GetFileSystem();
    system_clock_ = std::make_shared<CappedClock>(max_sleep_us);
  }

  const char* Name() const override { return "DyadEnv"; }
  void SleepForMicroseconds(int micros) override { system_clock_->SleepForMicroseconds(micros); }
};

}  // namespace

ReadsAtOnce::ReadsAtOnce() {
  DYAD_CHECK(!reads_at_once);
  reads_at_once = this;
}
ReadsAtOnce::~ReadsAtOnce() {
  reads_at_once = nullptr;
}

std::shared_ptr<rocksdb::FileSystem> make_rocksdb_files(Files& files) {
  return std::make_shared<RocksdbFiles>(files);
}

std::unique_ptr<rocksdb::Env> make_rocksdb_env(Files& files, int max_sleep_us) {
  return std::make_unique<RocksdbEnv>(files, max_sleep_us);
}

}  // namespace dyad::store::embedded
