#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "store/partition_directory.h"
#include "store/store.h"

namespace dyad::store {

struct RowWrite {
  std::string key;                   ///< Physical: root id, kind, rest.
  std::optional<std::string> value;  ///< None: erased.
  Stamps in_key;
  Stamps in_value;
  const PartitionEntry* partition = nullptr;  ///< Alive as long as the map it was found in.
};

struct LogAppend {
  PartitionId partition;
  std::string payload;
  Stamps in_payload;
  const PartitionEntry* entry = nullptr;
};

struct CursorMove {
  std::string follower;
  PartitionId partition;
  Timestamp upto;  ///< UINT64_MAX: the cursor goes.
};

/// A row that stands over the base's: `value` null for an erased one.
struct OverRow {
  std::string_view key;
  const std::string* value;
};

/// What one run of a body has written so far, within the limits of store.h. Not thread-safe.
class WriteSet {
 public:
  explicit WriteSet(std::shared_ptr<const PartitionMap> map) : seen_(map), map_(std::move(map)) {}

  Result<> put(PartitionId partition, std::string key, std::string value, Stamps in_key,
               Stamps in_value);
  Result<> erase(PartitionId partition, std::string key);
  Result<> append(PartitionId partition, std::string entry, Stamps in_entry);
  Result<> change(PartitionChange change);
  Result<> set_cursor(std::string_view follower, PartitionId partition, Timestamp upto);
  /// See Transaction::makes_room.
  void set_makes_room() { makes_room_ = true; }

  /// The map as this run sees it: as it was when the run began, with the run's own changes.
  const PartitionMap& map() const { return *map_; }
  /// As it was when the run began.
  const std::shared_ptr<const PartitionMap>& seen_map() const { return seen_; }

  /// The pending write to a physical key; null: none.
  const RowWrite* find(std::string_view physical) const;
  /// Pending writes with from <= key < to, in key order.
  std::vector<OverRow> range(std::string_view from, std::string_view to) const;

  bool empty() const {
    return rows_.empty() && log_.empty() && changes_.empty() && cursors_.empty();
  }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class Sequencer;
  friend struct OrderedTransaction;

  /// Few rows are searched one by one; more get an index.
  static constexpr std::size_t kScanRows = 8;
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Result<> write(PartitionId partition, std::string key, std::optional<std::string> value,
                 Stamps in_key, Stamps in_value);
  Result<> count(std::size_t more_bytes, std::size_t fewer_bytes, std::size_t more_rows);
  PartitionId parent_left_behind(const PartitionChange& change, const PartitionMap& next) const;
  std::uint32_t index_of(std::string_view physical) const;
  void index_new_row();

  struct ByKey {
    using is_transparent = void;
    const std::vector<RowWrite>* rows;
    std::string_view key(std::uint32_t i) const { return (*rows)[i].key; }
    bool operator()(std::uint32_t a, std::uint32_t b) const { return key(a) < key(b); }
    bool operator()(std::uint32_t a, std::string_view b) const { return key(a) < b; }
    bool operator()(std::string_view a, std::uint32_t b) const { return a < key(b); }
  };

  std::shared_ptr<const PartitionMap> seen_;
  std::shared_ptr<const PartitionMap> map_;
  std::vector<RowWrite> rows_;
  std::vector<LogAppend> log_;
  std::vector<PartitionChange> changes_;
  std::vector<CursorMove> cursors_;
  std::unique_ptr<std::set<std::uint32_t, ByKey>> index_;
  /// What this run's own changes took out of the map: rows written before may point to it.
  std::vector<PartitionMap::Entry> replaced_;
  std::size_t bytes_ = 0;
  bool makes_room_ = false;
  std::size_t units_ = 0;  ///< Rows, log entries, changes and cursors: all bounded together.
};

}  // namespace dyad::store
