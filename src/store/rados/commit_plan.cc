#include "store/rados/commit_plan.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/check.h"
#include "store/partition_codec.h"

namespace dyad::store::rados {
namespace {

constexpr HomeId kCatalogHome = kCatalogPartition.value();

/// Which transactions of a batch hang together.
class Groups {
 public:
  explicit Groups(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parents_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parents_;
};

class Planner {
 public:
  Planner(const CommitBatch& batch, Records& records, std::size_t max_alone_bytes)
      : batch_(batch),
        records_(records),
        max_alone_bytes_(max_alone_bytes),
        groups_(batch.transactions.size()) {}

  CommitPlan run() {
    for (std::size_t i = 0; i < batch_.transactions.size(); ++i) {
      current_ = i;
      take(*batch_.transactions[i]);
    }
    counters_ = encode_counters({batch_.upto, batch_.ceiling, batch_.next_partition_id});
    std::map<std::size_t, std::set<HomeId>> homes_of;
    for (const auto& [home, first] : owners_) homes_of[groups_.find(first)].insert(home);
    std::set<std::size_t> changing;
    for (const std::size_t i : changing_) changing.insert(groups_.find(i));
    for (const auto& [group, homes] : homes_of) {
      const bool alone = homes.size() == 1 && !changing.contains(group) &&
                         writes_[*homes.begin()].bytes() <= max_alone_bytes_;
      for (const HomeId home : homes) {
        HomeWrite& write = writes_[home];
        write.put(home_key(HomeKey::upto), counters_);
        (alone ? plan_.alone : plan_.together).emplace(home, std::move(write));
      }
    }
    return std::move(plan_);
  }

 private:
  void take(const OrderedTransaction& tx) {
    // Whatever it has read of those before it that are not durable: which they were is not known,
    // the last of them is.
    for (std::size_t j = 0; j < current_; ++j) {
      if (batch_.transactions[j]->timestamp <= tx.depends_on) groups_.join(current_, j);
    }
    for (const PartitionChange& change : tx.changes) take_change(tx, change);
    for (const RowWrite& row : tx.rows) {
      HomeWrite& write = home(home_of(row.key));
      if (row.value) {
        write.put(row_key(row.key), *row.value);
      } else {
        write.erase(row_key(row.key));
      }
    }
    for (const LogAppend& entry : tx.log) {
      home(root_of(entry.partition)).append(entry.partition, tx.timestamp, entry.payload);
    }
    for (const CursorMove& move : tx.cursors) {
      std::string key = home_key(HomeKey::cursor, move.partition.value(), move.follower);
      HomeWrite& write = home(root_of(move.partition));
      if (move.upto == Timestamp(UINT64_MAX)) {
        write.erase(std::move(key));
      } else {
        write.put(std::move(key), encode_timestamp(move.upto));
      }
    }
  }

  void take_change(const OrderedTransaction& tx, const PartitionChange& change) {
    changing_.push_back(current_);
    plan_.changes_partitions = true;
    home(kCatalogHome);
    const auto before = records_.find(change.id);
    if (change.kind == PartitionChange::Kind::create) {
      plan_.made.push_back(change.id.value());
      home(kCatalogHome).put(home_key(HomeKey::home, change.id.value()), "1");
      PartitionRecord record;
      record.id = record.root = record.parent = change.id;
      records_[change.id] = record;
    } else if (before != records_.end()) {
      home(before->second.root.value());
      if (change.kind == PartitionChange::Kind::drop) drop(tx, before->second);
    }
    for (const PartitionId id : {change.id, change.left, change.right}) {
      if (id == PartitionId()) continue;
      const PartitionEntry* entry = tx.map_after->find(id);
      const std::string key = home_key(HomeKey::partition, id.value());
      if (entry) {
        records_[id] = *entry;
        home(kCatalogHome).put(key, encode_partition(*entry));
      } else {
        home(kCatalogHome).erase(key);
      }
    }
  }

  void drop(const OrderedTransaction& tx, const PartitionRecord& record) {
    home(kCatalogHome).put(home_key(HomeKey::dropped, record.id.value()), encode_partition(record));
    const bool here = std::any_of(tx.changes.begin(), tx.changes.end(), [&](const auto& change) {
      return change.id == record.id && change.kind == PartitionChange::Kind::create;
    });
    if (here) plan_.stillborn.push_back(record);
  }

  HomeId root_of(PartitionId partition) const {
    if (partition == kCatalogPartition) return kCatalogHome;
    const auto found = records_.find(partition);
    DYAD_CHECK(found != records_.end());
    return found->second.root.value();
  }

  /// The home, as one that the current transaction touches.
  HomeWrite& home(HomeId home) {
    const auto [at, first] = owners_.try_emplace(home, current_);
    if (!first) groups_.join(current_, at->second);
    return writes_[home];
  }

  const CommitBatch& batch_;
  Records& records_;
  const std::size_t max_alone_bytes_;
  Groups groups_;
  std::size_t current_ = 0;
  std::map<HomeId, std::size_t> owners_;  ///< A transaction that touches the home.
  std::map<HomeId, HomeWrite> writes_;
  std::vector<std::size_t> changing_;  ///< Transactions that change partitions.
  std::string counters_;
  CommitPlan plan_;
};

}  // namespace

CommitPlan plan_commit(const CommitBatch& batch, Records& records, std::size_t max_alone_bytes) {
  return Planner(batch, records, max_alone_bytes).run();
}

}  // namespace dyad::store::rados
