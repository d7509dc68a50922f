#pragma once

#include "case.h"
#include "http_workload.h"
#include "key_choice.h"

namespace dyad::bench {

// All of these block; from the main thread.

/// The workload over `connections` connections of their own. conflict: an answer was wrong.
Result<Phase> run_workload(Bed& bed, const Server& server, const HttpWorkload& workload,
                           KeyChoice keys, PhasePlan plan, std::uint32_t connections);
/// As many operations as `count`, one number after the other. `what` is for the progress.
Result<> load_with(Bed& bed, const Server& server, const HttpWorkload& workload,
                   std::uint64_t count, std::string_view what = "loading");
/// The plan of a measured closed loop.
PhasePlan closed_loop(const Options& options);
/// The plan of so many operations on the server, within a time that is enough for any of them; less
/// of it for a peer. `what` is for the progress.
PhasePlan counted(const Bed& bed, const Server& server, std::uint64_t operations,
                  std::string_view what);
/// How many items and objects a server gets: peers a quarter, for they take their time to load.
std::uint64_t key_count(const Options& options, const Server& server);

/// Everything that the cases read, once a server.
enum class Dataset : std::uint8_t { items, indexed_items, streamed_items, pages, objects, redis };
Result<> ensure_loaded(Bed& bed, Server& server, Dataset dataset);
Result<> ensure_bucket(Bed& bed, Server& server, std::string_view bucket);
/// How many pages of items stand for so many keys.
std::uint64_t pages_of(std::uint64_t keys);

}  // namespace dyad::bench
