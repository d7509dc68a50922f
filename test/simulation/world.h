#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/simulation.h"
#include "table/row_codec.h"
#include "test/support/key_cell.h"
#include "test/support/oracle.h"

namespace dyad::proof {

enum class Engine : std::uint8_t { memory, hostile, embedded };

struct WorldOptions {
  std::uint64_t seed = 1;
  Engine engine = Engine::memory;
  int processes = 4;  ///< One after the other; most of them crash.
  /// In place of the object codec; null: the real one. For tests that break something on purpose.
  std::shared_ptr<table::RowCodec> object_codec;
};

struct WorldOutcome {
  std::string wrong;  ///< Empty: every check passed.
  std::uint64_t trace_hash = 0;
  Oracle::Counts counts;
  KeyCounts keys;
  std::uint64_t increments = 0;
  int crashes = 0;
  int splits = 0;
  int indexes_built = 0;
};

/// Several processes on one disk, each of which recovers what the former left, checks all of it
/// against the model, and then runs concurrent coroutines: items with an index, inline objects and
/// blobs, transactions over both, a counter that all of them increment, S3's handlers with uploads
/// in parts and copies between writers, the reaper, splits, trims, indexes that come and go; until
/// the disk loses power at a random moment, or the process closes in order. Everything follows from
/// the seed (with the embedded engine but for the order of RocksDB's own threads).
WorldOutcome run_world(WorldOptions options);

}  // namespace dyad::proof
