#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/files.h"
#include "runtime/sim_disk.h"

namespace dyad {

/// What a call of Files was. Those up to `sync_directory` change the disk and are numbered.
enum class FileOperationKind : std::uint8_t {
  create,  ///< open_append that makes or empties a file.
  append,
  sync,
  truncate,
  create_durable,  ///< open_durable of a file that is not there.
  write_durable,   ///< write_at: write and sync in one.
  make_directory,
  remove_directory,
  remove,
  rename,
  link,
  sync_directory,
  read,  ///< From here on: never numbered.
  open,  ///< Of a file that is there.
  info,  ///< info, list, free_bytes.
  lock,
};
std::string_view to_string(FileOperationKind kind);

struct FileOperation {
  FileOperationKind kind;
  std::string path;         ///< Of a rename or link: the new name.
  std::uint64_t bytes = 0;  ///< Of an append, a write or a read.
};

enum class FileFault : std::uint8_t {
  crash,       ///< Power goes before the operation; nothing that was not durable survives.
  torn_crash,  ///< Power goes during it; a random subset survives, last writes torn at a sector.
  io_error,    ///< EIO. A write may have happened in part; a sync has lost what it did not write.
  no_space,    ///< ENOSPC. A write may have happened in part.
  killed,      ///< Nothing happens: the process that asks has been killed, and need not know.
};

/// A disk in memory that models durability exactly as files.h promises it and no better, fails
/// where a test says, and survives its own crashes: after crash() every call fails with io_error
/// until restart(), which brings back what was durable; handles and locks of before never work
/// again.
///
/// A test that walks every commit point: run once, take operation_count(), then for each n run on a
/// fresh disk with fail_at(n, ...), restart, recover and check. Thread-safe.
class SimFiles final : public Files {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint64_t capacity_bytes = std::uint64_t{1} << 40;
    NameOrder name_order = NameOrder::kept;
    /// For modification times; none: each change is a millisecond after the one before.
    const Clock* clock = nullptr;
  };
  /// operations() keeps this many, the first ones; counting goes on.
  static constexpr std::size_t kMaxRecordedOperations = 1u << 20;

  SimFiles();
  explicit SimFiles(Options options);
  ~SimFiles() override;

  // Faults. Numbers are those of operations(): the first numbered operation is 0.

  /// Once, at that operation. The last word for a number counts.
  void fail_at(std::uint64_t operation_number, FileFault fault);
  /// From now on at every operation of that kind (reads too) whose path contains `path_part`.
  void fail_all(FileOperationKind kind, std::string path_part, FileFault fault);
  /// A sync, sync_directory or write_durable whose path contains `path_part` answers success and
  /// makes nothing durable: all of them from now on, or the `nth` only (1 is the next).
  void ignore_sync(std::string path_part, std::uint64_t nth = 0);
  /// Such a lie of the operation with that number.
  void ignore_sync_at(std::uint64_t operation_number);
  /// All of them of which `which` says so, from now on. It is called under the lock.
  void ignore_syncs(std::function<bool(const FileOperation&)> which);
  /// Takes back all of the above.
  void clear_faults();

  /// Numbered operations so far, since construction or reset_operations().
  std::uint64_t operation_count() const;
  std::vector<FileOperation> operations() const;
  void reset_operations();
  /// Over kinds, paths and sizes of the numbered operations: equal for equal runs.
  std::uint64_t trace_hash() const;

  // Power.

  void crash(Survival survival = Survival::none);
  void restart();
  bool is_down() const;

  // Rot and space.

  /// Flips one bit of the file, on the medium and for readers. not_found; out_of_range.
  Result<> flip(const std::string& path, std::uint64_t offset, unsigned bit = 0);
  void set_capacity(std::uint64_t capacity_bytes);

  // Files.

  Result<std::unique_ptr<RandomReadFile>> open_read(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Create create) override;
  Result<std::unique_ptr<DurableFile>> open_durable(const std::string& path,
                                                    std::uint64_t size_bytes) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> make_directory(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<> remove(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> link(const std::string& from, const std::string& to) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  class ReadHandle;
  class AppendHandle;
  class DurableHandle;
  class LockHandle;

  /// How much of an operation happens.
  enum class Extent : std::uint8_t {
    whole,
    not_durable,  ///< Done, but not synced: the sync lies, or power goes during it.
    failed,       ///< As an error leaves it.
  };
  struct Rule {
    std::optional<FileOperationKind> kind;  ///< None: any that syncs.
    std::string path_part;
    std::optional<FileFault> fault;  ///< None: the sync lies.
    std::uint64_t countdown = 0;     ///< 0: always; else only the time when this is 1.
    bool spent = false;
  };
  struct Verdict {
    std::optional<FileFault> fault;
    bool lie = false;
  };

  static bool is_numbered(FileOperationKind kind) { return kind < FileOperationKind::read; }
  static bool is_sync(FileOperationKind kind);
  Verdict judge(const FileOperation& operation);
  void record(const FileOperation& operation);
  Result<> check_power(const std::string& path, std::uint64_t generation) const;
  Error fault_error(const FileOperation& operation, FileFault fault) const;
  void lose_power(Survival survival);
  void touch(SimNode& node);

  /// The one way of every operation: power, faults, numbering; then `effect(Extent)`, a Result<>.
  template <class Effect>
  Result<> perform(FileOperation operation, std::uint64_t generation, Effect effect);
  /// For what an error leaves undone as a whole. Takes the lock.
  template <class Effect>
  Result<> all_or_nothing(FileOperationKind kind, const std::string& path, Effect effect);

  mutable std::mutex mutex_;
  SeededRandom random_;
  SimDisk disk_;
  const Clock* clock_;
  std::int64_t next_modified_ms_ = 0;
  bool down_ = false;
  std::uint64_t generation_ = 0;
  std::set<std::string> locked_;

  std::uint64_t operation_count_ = 0;
  std::uint64_t trace_hash_;
  std::vector<FileOperation> operations_;
  std::map<std::uint64_t, Verdict> faults_at_;
  std::vector<Rule> rules_;
  std::function<bool(const FileOperation&)> ignored_syncs_;
};

}  // namespace dyad
