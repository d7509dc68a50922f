#pragma once

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

  /// Keeps the newer of the two, so that a slow reader cannot bring back what was replaced.
  TableRef keep(TableRef table) {
    const std::lock_guard lock(mutex_);
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
    const auto found = tables_.find(dropped.name);
    if (found != tables_.end() && found->second->id == dropped.id) tables_.erase(found);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, TableRef> tables_;
};

}  // namespace dyad::table
