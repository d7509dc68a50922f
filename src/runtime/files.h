#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad {

// The only way to a file, for RocksDB too (store/embedded/rocksdb_files). All calls block: reactors
// reach them through the worker pool. Paths are as the operating system takes them. Thread-safe
// unless said otherwise. Errors: not_found, already_exists, no_space, io_error (everything else;
// the message carries path and errno text).
//
// What is durable: bytes after a successful sync() of their file; names (creation, rename, removal)
// after a successful sync_directory() of their directory. Nothing else, in whatever order.

/// Reads at any position. Thread-safe.
class RandomReadFile {
 public:
  virtual ~RandomReadFile() = default;
  /// Up to `out.size()` bytes from `offset`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const = 0;
  /// The same where the operating system has all of it in memory; nothing where a disk would have
  /// to be waited for, or where that cannot be told. The one call here that a reactor may make.
  virtual Result<std::optional<std::size_t>> read_at_once(std::uint64_t offset,
                                                          std::span<char> out) const {
    (void)offset, (void)out;
    return std::nullopt;
  }
  virtual Result<std::uint64_t> size_bytes() const = 0;
  /// A hint: the range will be read soon, or (false) its pages are not needed again.
  virtual void advise(std::uint64_t offset, std::uint64_t length, bool will_need) const = 0;
  /// A hint: reads will jump about, so reading ahead of them is waste.
  virtual void advise_random() const {}
};

/// Appends. One thread at a time.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Result<> append(std::string_view bytes) = 0;
  /// All bytes so far are durable when this returns. A failure is final: the file's state is
  /// unknown, and the caller must not try again as if nothing were.
  virtual Result<> sync() = 0;
  /// Starts writing back the range without waiting; smooths a later sync().
  virtual void start_writeback(std::uint64_t offset, std::uint64_t length) = 0;
  virtual Result<> truncate(std::uint64_t size_bytes) = 0;
  virtual std::uint64_t size_bytes() const = 0;
  /// Errors that the operating system reports at close. The destructor closes without telling.
  virtual Result<> close() = 0;
};

/// A preallocated file written in place, each write durable when it returns (O_DIRECT|O_DSYNC where
/// the file system has it). Offsets, lengths and addresses of writes are multiples of kBlockBytes
/// and lie in the file (runtime/aligned_buffer.h); reads are faster when they are. One thread at a
/// time writes; reads at any time from any thread.
class DurableFile : public RandomReadFile {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  virtual Result<> write_at(std::uint64_t offset, std::span<const char> blocks) = 0;
};

/// Holds an exclusive lock on a file until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct FileInfo {
  std::uint64_t size_bytes = 0;
  bool is_directory = false;
  std::int64_t modified_ms = 0;  ///< Wall time.
};

class Files {
 public:
  virtual ~Files() = default;

  virtual Result<std::unique_ptr<RandomReadFile>> open_read(const std::string& path) = 0;

  enum class Create { truncate, must_be_new, append };
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                          Create create) = 0;

  /// A new file of many bytes, which need not stay in memory: written past the page cache where the
  /// file system can, in pieces of `gathered_bytes` (whole blocks), which it takes of memory.
  /// Others may read it after sync() or close().
  virtual Result<std::unique_ptr<AppendFile>> open_long(const std::string& path,
                                                        std::size_t gathered_bytes) {
    (void)gathered_bytes;
    return open_append(path, Create::must_be_new);
  }

  /// Makes (or, if it is there, opens) a file of exactly `size_bytes`, zeroed where new, so that
  /// later writes change no metadata. Durable content of a new file: zeros, once its directory is
  /// synced. A new file gets its name only when it is whole, so one of another size is damaged:
  /// `corruption`.
  virtual Result<std::unique_ptr<DurableFile>> open_durable(const std::string& path,
                                                            std::uint64_t size_bytes) = 0;

  virtual Result<FileInfo> info(const std::string& path) = 0;
  /// Names (not paths) in the directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<> make_directory(const std::string& path) = 0;  ///< Fine if it is there.
  virtual Result<> remove_directory(const std::string& path) = 0;
  virtual Result<> remove(const std::string& path) = 0;  ///< Who has it open reads on.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;  ///< Replaces `to`.
  virtual Result<> link(const std::string& from, const std::string& to) = 0;
  virtual Result<> sync_directory(const std::string& path) = 0;

  /// A second holder, in this process or another, gets `conflict`.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;
};

/// Files that are being made carry this at the end of their name until they are whole
/// (open_durable, write_file). A crash may leave one; whoever owns the directory removes it at the
/// next start.
constexpr std::string_view kPreparingSuffix = ".preparing";

/// Whole small files. `write_file` is atomic and durable: temporary name, sync, rename,
/// sync_directory. `read_file` answers too_large for a file of more than `limit_bytes`.
Result<std::string> read_file(Files& files, const std::string& path, std::size_t limit_bytes);
Result<> write_file(Files& files, const std::string& path, std::string_view content);

/// The real file system. `mode` of new files 0600, of directories 0700.
std::unique_ptr<Files> make_posix_files();

}  // namespace dyad
