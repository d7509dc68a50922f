#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "store/store.h"

namespace dyad::store {

/// A partition as an engine stores it. One that was split stays as long as its children's lineage
/// matters: until it is dropped.
struct PartitionRecord {
  PartitionId id;
  /// Whose 8-byte id begins the physical keys: itself, or for a child of a split its parent's root.
  /// A split only redraws a boundary; no row moves.
  PartitionId root;
  std::string lower;  ///< Without kind byte; [lower, upper), empty upper: no bound.
  std::string upper;
  PartitionId parent;  ///< Of a split; itself: none.
  Timestamp ended_at;  ///< When it was split; zero: it lives.
  PartitionId left;    ///< The children, where it was split.
  PartitionId right;

  bool live() const { return ended_at == Timestamp(); }
};

struct PartitionCounters {
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> written_bytes{0};
};

struct PartitionEntry : PartitionRecord {
  std::shared_ptr<PartitionCounters> counters;

  bool bounded() const { return !lower.empty() || !upper.empty(); }
  /// `key` with its kind byte.
  bool holds(std::string_view key) const {
    const std::string_view rest = key.substr(1);
    return rest >= lower && (upper.empty() || rest < upper);
  }
};

/// What a transaction does to partitions.
struct PartitionChange {
  enum class Kind : std::uint8_t { create, drop, split };
  Kind kind = Kind::create;
  PartitionId id;  ///< Made, dropped, or cut in two.
  PartitionId left;
  PartitionId right;
  std::string at;
};

/// Bytes before the key in a physical key: the root id, big-endian.
constexpr std::size_t kRootBytes = 8;
/// The physical key of `key` (with its kind byte) in a partition of root `root`.
std::string physical_key(PartitionId root, std::string_view key);
/// Where the rows of `root` end, exclusive.
std::string physical_end(PartitionId root);

/// All partitions at one moment. Immutable.
class PartitionMap {
 public:
  using Entry = std::shared_ptr<const PartitionEntry>;

  static std::shared_ptr<const PartitionMap> of(std::vector<PartitionRecord> records);

  /// Live or split; null: never made, or dropped.
  const PartitionEntry* find(PartitionId id) const;
  Entry entry(PartitionId id) const;  ///< The same, to be kept.
  /// Live, and holds `key` (with its kind byte); not_owner otherwise.
  Result<const PartitionEntry*> owner_of(PartitionId id, std::string_view key) const;
  Result<const PartitionEntry*> live(PartitionId id) const;

  /// The map after `change` at the moment `at`. not_owner: what it changes is gone;
  /// invalid_argument: a cut outside the bounds, or the catalogue's partition.
  Result<std::shared_ptr<const PartitionMap>> after(const PartitionChange& change,
                                                    Timestamp at) const;

  const std::vector<Entry>& entries() const { return entries_; }  ///< By id.

 private:
  std::vector<Entry> entries_;
};

/// The map as transactions are ordered, and the map as it is durable. Thread-safe.
class PartitionDirectory {
 public:
  explicit PartitionDirectory(std::shared_ptr<const PartitionMap> map)
      : ordered_(map), durable_(std::move(map)) {}

  using Map = std::shared_ptr<const PartitionMap>;
  Map ordered() const { return load(ordered_); }
  Map durable() const { return load(durable_); }
  void publish_ordered(Map map) { store(ordered_, std::move(map)); }
  void publish_durable(Map map);
  /// Grows with each durable change; for noticing one cheaply.
  std::uint64_t durable_version() const { return version_.load(std::memory_order_acquire); }

 private:
  Map load(const Map& from) const {
    const std::lock_guard lock(mutex_);
    return from;
  }
  void store(Map& to, Map map) {
    const std::lock_guard lock(mutex_);
    to.swap(map);
  }

  mutable std::mutex mutex_;
  Map ordered_;
  Map durable_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace dyad::store
