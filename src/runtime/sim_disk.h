#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace dyad {

// The medium behind SimFiles: what was written and what of it is durable, for bytes and for names
// apart. Knows nothing of faults, handles or threads; SimFiles guards it with its lock.

/// What a power loss leaves of the changes that were not yet durable.
enum class Survival : std::uint8_t {
  none,  ///< Nothing: every file and directory is as at its last sync.
  some,  ///< A random subset; the last surviving write of each file is torn at a sector.
};

/// Of the unsynced changes of one directory, which may survive without the others.
enum class NameOrder : std::uint8_t {
  /// The first few of them. So do file systems with a journal of metadata (ext4, XFS, btrfs), and
  /// RocksDB depends on it: it names a new MANIFEST in CURRENT before it syncs the directory.
  kept,
  free,  ///< Any of them: all that files.h promises.
};

struct SimNode {
  /// A write (or, with `truncate_to`, a cut) that is not durable yet.
  struct PendingWrite {
    std::uint64_t offset = 0;
    std::string bytes;
    std::optional<std::uint64_t> truncate_to;
  };
  /// Edits of names in this directory that reach the medium together or not at all.
  struct NameChange {
    struct Edit {
      std::string name;
      std::shared_ptr<SimNode> target;  ///< Null: the name goes away.
    };
    std::vector<Edit> edits;
    /// A rename between directories: the name here goes only when the new name there has come, so
    /// that the file is never lost, though it may be seen under both names.
    std::weak_ptr<SimNode> other_directory;
    std::shared_ptr<NameChange> prerequisite;
    bool survives = false;
  };

  bool is_directory = false;
  std::int64_t modified_ms = 0;
  std::uint32_t links = 0;

  // Of a file. `bytes` is what readers see.
  std::string bytes;
  std::string durable_bytes;
  std::vector<PendingWrite> pending_writes;

  // Of a directory.
  std::map<std::string, std::shared_ptr<SimNode>> entries;
  std::map<std::string, std::shared_ptr<SimNode>> durable_entries;
  std::vector<std::shared_ptr<NameChange>> pending_names;
};

class SimDisk {
 public:
  using NodePointer = std::shared_ptr<SimNode>;

  /// Power is cut between sectors, never within one.
  static constexpr std::size_t kSectorBytes = 512;

  SimDisk(Random& random, std::uint64_t capacity_bytes, NameOrder name_order);

  // Names. Paths are cut at slashes; "." and empty parts mean nothing, "/" and "." are the same
  // root.
  Result<NodePointer> find(const std::string& path) const;
  Result<NodePointer> find_file(const std::string& path) const;
  Result<NodePointer> find_directory(const std::string& path) const;
  Result<NodePointer> make_file(const std::string& path);  ///< already_exists where it is there.
  Result<> make_directory(const std::string& path);
  Result<> remove(const std::string& path, bool directory);
  Result<> rename(const std::string& from, const std::string& to);
  Result<> link(const std::string& from, const std::string& to);
  void sync_names(SimNode& directory);

  // Bytes. no_space: as many as fit are written.
  Result<> write(SimNode& file, const std::string& path, std::uint64_t offset,
                 std::string_view bytes);
  void truncate(SimNode& file, std::uint64_t size_bytes);
  void sync_bytes(SimNode& file);
  /// A sync that failed: what was pending is durable or forgotten, write by write. Readers go on
  /// seeing all of it, and a later sync has nothing left to write.
  void fail_sync(SimNode& file);
  void flip_bit(SimNode& file, std::uint64_t offset, unsigned bit);

  std::uint64_t free_bytes() const;
  void set_capacity(std::uint64_t capacity_bytes) { capacity_bytes_ = capacity_bytes; }

  void lose_power(Survival survival);

 private:
  struct Place {
    NodePointer directory;
    std::string name;
  };
  Result<Place> place_of(const std::string& path) const;
  Result<> check_rename_target(const SimNode& source, const Place& target,
                               const std::string& to) const;
  void set_name(const Place& place, NodePointer target);
  void resize(SimNode& file, std::uint64_t size_bytes);
  void unlink(SimNode& node);
  std::vector<NodePointer> all_nodes() const;
  void choose_surviving_names(const std::vector<NodePointer>& nodes);
  void settle_bytes(SimNode& file, Survival survival);
  void tear(SimNode::PendingWrite& write);
  void apply(const SimNode::PendingWrite& write, std::string& bytes) const;
  bool coin() { return random_.below(2) == 0; }

  Random& random_;
  std::uint64_t capacity_bytes_;
  const NameOrder name_order_;
  std::uint64_t used_bytes_ = 0;
  NodePointer root_;
};

}  // namespace dyad
