#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/runtime.h"
#include "store/commit_line.h"
#include "store/store.h"

namespace dyad::store {

/// What a memory store keeps: its "disk". Outlives stores, so that a test can close one and open
/// another.
class MemoryState;
std::shared_ptr<MemoryState> make_memory_state();

struct MemoryOptions {
  std::shared_ptr<MemoryState> state;  ///< Null: a new one.
  /// How long the committer takes for a batch: so long its rows are ordered and not durable.
  std::int64_t commit_delay_us = 0;
  /// Where the line before the committer is told. Null: to nobody.
  std::shared_ptr<CommitLine> commit_line = nullptr;
  /// Bytes of rows and logs; more is no_space, before a transaction is ordered. Erasing goes on.
  std::uint64_t capacity_bytes = UINT64_MAX;
  /// Asked before each batch becomes durable; an error is the failed flush. Null: never fails.
  std::function<Result<>()> flush;
};

/// A store in ordered maps, for tests: nothing survives the process. Transactions become durable
/// through the same committer as with a disk. `runtime` outlives the store.
std::unique_ptr<Store> make_memory_store(Runtime& runtime, MemoryOptions options = {});

}  // namespace dyad::store
