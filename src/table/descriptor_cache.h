#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "table/tables.h"

namespace dyad::table {

/// The newest descriptors this process knows, by table name. May be behind the store, never ahead
/// of it. Bounded: when full it starts anew. Thread-safe.
class Tables::DescriptorCache {
 public:
  static constexpr std::size_t kMaxEntries = 10000;

  TableRef find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(name);
    return found == tables_.end() ? nullptr : found->second;
  }

  /// Grows with each forget().
  std::uint64_t forgotten() const {
    const std::lock_guard lock(mutex_);
    return forgotten_;
  }

  /// Keeps the newer of the two, so that a slow reader cannot bring back what was replaced. Nor
  /// what was dropped: `forgotten` is from before `table` was read or made, and where a table was
  /// forgotten since, only one that is known already gets newer.
  TableRef keep(TableRef table, std::uint64_t forgotten) {
    const std::lock_guard lock(mutex_);
    const auto known = tables_.find(table->name);
    if (forgotten != forgotten_ && (known == tables_.end() || known->second->id != table->id))
      return table;
    if (tables_.size() >= kMaxEntries) tables_.clear();
    TableRef& slot = tables_[table->name];
    const bool newer =
        !slot || slot->id < table->id || (slot->id == table->id && slot->version < table->version);
    if (newer) slot = std::move(table);
    return slot;
  }

  /// Forgets the table of that id; a later one of the same name stays.
  void forget(const TableDescriptor& dropped) {
    const std::lock_guard lock(mutex_);
    ++forgotten_;
    const auto found = tables_.find(dropped.name);
    if (found != tables_.end() && found->second->id == dropped.id) tables_.erase(found);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, TableRef> tables_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dyad::table
