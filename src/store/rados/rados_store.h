#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/runtime.h"
#include "store/rados/cluster.h"
#include "store/store.h"

namespace dyad::store {

struct RadosOptions {
  /// What the store's objects begin with: several stores may share a pool.
  std::string name = "dyad";
  /// Whoever owns the store now is fenced off and loses it. False: it is left to them (conflict).
  bool take_over = false;
  /// So long a home's own log grows before it is cut off as a segment.
  std::uint64_t segment_bytes = 16u << 20;
};

/// The store `options.name` in the cluster's pool, made where it is not there. It has one owner at
/// a time; one that lost it answers every write with not_owner from then on, and is to be closed.
/// `runtime` outlives the store.
Task<Result<std::unique_ptr<Store>>> open_rados_store(Runtime& runtime,
                                                      std::shared_ptr<rados::Cluster> cluster,
                                                      RadosOptions options = {});

}  // namespace dyad::store
