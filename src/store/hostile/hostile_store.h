#pragma once

#include <cstdint>
#include <memory>

#include "runtime/runtime.h"
#include "store/store.h"

namespace dyad::store {

/// How often, in one of so many calls; 0: never.
struct HostileOptions {
  std::uint32_t retry_one_in = 12;  ///< A read or write inside a body fails with retry.
  std::uint32_t not_owner_one_in =
      24;  ///< A read, or a transaction that touches a partition, fails with not_owner.
  std::uint32_t rerun_one_in = 4;  ///< A body that ended well runs again; the first run never was.
  std::uint32_t empty_page_one_in = 4;  ///< A page is empty and goes on where it was to begin.
  std::uint32_t sleep_one_in = 16;      ///< A completion is late by up to a millisecond.
  std::uint32_t max_yields = 3;         ///< Turns that others get before a completion.
};

/// A lie about a partition is followed by so many truthful calls (a transaction with all its runs
/// is one): who asks again (and reloads its map) gets on.
constexpr int kTruthsAfterLie = 2;
/// A transaction is made to run at most so many times more than it has to.
constexpr int kMaxForcedRuns = 8;

/// Another store with every liberty of the contract taken, for tests of what stands on it: three to
/// five partitions, scan pages of one row or none, log pages of one transaction or none, bodies run
/// again, transient errors, late completions. `runtime` outlives it. Replays from `seed` in a
/// simulation. The catalogue's partition never moves, so nobody is told not_owner about it.
std::unique_ptr<Store> make_hostile_store(std::unique_ptr<Store> inner, Runtime& runtime,
                                          std::uint64_t seed, HostileOptions options = {});

}  // namespace dyad::store
