#pragma once

#include <map>
#include <vector>

#include "store/backend.h"
#include "store/rados/home_write.h"

namespace dyad::store::rados {

/// What there is of partitions, as of the last commit planned.
using Records = std::map<PartitionId, PartitionRecord>;

/// A batch as RADOS can do it: what touches one home and depends on nothing else of the batch is
/// one operation on its own; the rest happens together, by intents and one commit record. A crash
/// then leaves of what is alone some, of what is together all or nothing; none of it was
/// acknowledged, and none of what is left was made out of what is lost.
struct CommitPlan {
  std::map<HomeId, HomeWrite> alone;
  std::map<HomeId, HomeWrite> together;
  bool changes_partitions = false;
  std::vector<HomeId> made;                ///< Homes that are not there yet.
  std::vector<PartitionRecord> stillborn;  ///< Made and dropped at once: to be reclaimed.
};

/// `records` become those after the batch. What is alone has at most `max_alone_bytes`.
CommitPlan plan_commit(const CommitBatch& batch, Records& records, std::size_t max_alone_bytes);

}  // namespace dyad::store::rados
