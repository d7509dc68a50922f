// A disk that fails at each operation in turn, and one that lies about flushes of each sort: what
// was acknowledged stands, the rest is whole or absent, and no flush could be left out.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/log.h"
#include "runtime/seeds.h"
#include "test/lost_writes/workload.h"

namespace dyad::proof {
namespace {

/// A run does at least so much to the disk, or it would not be worth walking.
constexpr std::uint64_t kMinOperations = 240;
constexpr std::uint64_t kSeed = 1;

std::string_view name_of(FileFault fault) {
  switch (fault) {
    case FileFault::crash:
      return "crash";
    case FileFault::torn_crash:
      return "torn crash";
    case FileFault::io_error:
      return "EIO";
    case FileFault::no_space:
      return "ENOSPC";
    case FileFault::killed:
      return "killed";
  }
  return "";
}

std::vector<FileOperation> operations_of_a_run(std::uint64_t seed) {
  Machine machine(seed);
  Told told;
  run_workload(machine, told);
  EXPECT_TRUE(told.whole) << machine.fatal();
  EXPECT_EQ(recover_and_check(machine, told), "");
  return machine.files().operations();
}

TEST(LostWrites, NothingFailsWhereNothingIsWrong) {
  Machine machine(seed_from_environment(kSeed));
  Told told;
  run_workload(machine, told);
  ASSERT_TRUE(told.whole) << machine.fatal() << told.wrong;
  EXPECT_EQ(recover_and_check(machine, told), "");
  machine.power_cycle();
  EXPECT_EQ(recover_and_check(machine, told), "");
  // What the walk over all operations walks over.
  EXPECT_GT(told.keys.parts, 0u);
  EXPECT_GT(told.keys.completed, 0u);
  EXPECT_GT(told.keys.aborted, 0u);
  EXPECT_GT(told.keys.copied, 0u);
  EXPECT_EQ(told.oracle.state("late"), "there");
}

/// What the disk's refusals make the floors say fills pages, and is no news here.
class Quiet : public testing::Environment {
 public:
  void SetUp() override { log::set_level(log::Level::error); }
};
const auto* const quiet = testing::AddGlobalTestEnvironment(new Quiet);

/// A torn write differs from a lost one, and a full disk from a failing one, in few places: every
/// second operation is enough, the others with another DYAD_SEED. That one also tears elsewhere.
std::uint64_t stride_of(FileFault fault) {
  return fault == FileFault::torn_crash || fault == FileFault::no_space ? 2 : 1;
}

class EveryOperation : public testing::TestWithParam<FileFault> {};

TEST_P(EveryOperation, MayFail) {
  const std::uint64_t seed = seed_from_environment(kSeed);
  const std::uint64_t count = operations_of_a_run(seed).size();
  ASSERT_GT(count, kMinOperations);
  Oracle::Counts sum;
  KeyCounts keys;
  std::uint64_t points = 0;
  const std::uint64_t stride = stride_of(GetParam());
  for (std::uint64_t at = seed % stride; at < count; at += stride, ++points) {
    Machine machine(seed);
    Told told;
    machine.files().fail_at(at, GetParam());
    run_workload(machine, told);
    machine.power_cycle();
    ASSERT_EQ(recover_and_check(machine, told), "")
        << name_of(GetParam()) << " at operation " << at << " of " << count;
    sum.acknowledged += told.oracle.counts().acknowledged;
    sum.found_done += told.oracle.counts().found_done;
    sum.found_undone += told.oracle.counts().found_undone;
    keys.acknowledged += told.keys.acknowledged;
    keys.found_done += told.keys.found_done;
    keys.found_undone += told.keys.found_undone;
  }
  EXPECT_GT(sum.found_undone, 0u);
  EXPECT_GT(keys.found_undone, 0u);
  fmt::print(
      "lost_writes: {}: {} points of {} operations, {} acknowledged writes all found, "
      "{} unacknowledged found whole, {} absent\n",
      name_of(GetParam()), points, count, sum.acknowledged, sum.found_done, sum.found_undone);
  fmt::print(
      "lost_writes: {}: of S3 {} acknowledged steps, unacknowledged: {} found whole, {} absent\n",
      name_of(GetParam()), keys.acknowledged, keys.found_done, keys.found_undone);
}

INSTANTIATE_TEST_SUITE_P(Faults, EveryOperation,
                         testing::Values(FileFault::crash, FileFault::torn_crash,
                                         FileFault::io_error, FileFault::no_space));

/// "sync /data/store/rows/#.sst": what an operation makes durable, whichever file of its sort. The
/// suffix of files in preparation goes, for they get their name by a rename.
std::string sort_of(const FileOperation& operation) {
  const auto is_number = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_number(c) || (c >= 'a' && c <= 'f'); };
  std::string sort = std::string(to_string(operation.kind)) + " ";
  const std::string_view path = operation.path;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = at;
    while (end < path.size() && is_hex(path[end])) ++end;
    const bool hex_name = end - at == 16;
    if (!hex_name) {
      end = at;
      while (end < path.size() && is_number(path[end])) ++end;
    }
    if (end == at) {
      sort.push_back(path[at++]);
    } else {
      sort.push_back('#');
      at = end;
    }
  }
  return sort;
}

bool is_sync(FileOperationKind kind) {
  return kind == FileOperationKind::sync || kind == FileOperationKind::sync_directory ||
         kind == FileOperationKind::write_durable;
}

/// Flushes whose loss nobody can notice on this disk, with the reason.
const std::map<std::string, std::string>& unnoticeable() {
  static const std::map<std::string, std::string> reasons = {
      {"sync /data/store/rows/OPTIONS-#.dbtmp",
       "RocksDB's file for people to read; no start needs it"},
  };
  return reasons;
}

struct Discovery {
  std::uint64_t at = 0;  ///< The operation at which power went, or behind which the process died.
  std::string what;      ///< Empty: the lie was never found.
};

/// Power goes at each operation after the first lie, the nearest first, then those far apart.
Discovery discover(const std::string& lie, std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> points;
  for (std::uint64_t at = first + 1; at < std::min(first + 40, count); ++at) points.push_back(at);
  // Then all the others, the far ones early.
  constexpr std::uint64_t kStride = 8;
  for (std::uint64_t offset = 0; offset < kStride; ++offset)
    for (std::uint64_t at = first + 40 + offset; at < count; at += kStride) points.push_back(at);
  points.push_back(count);
  for (const std::uint64_t at : points) {
    Machine machine(kSeed);
    Told told;
    machine.files().ignore_syncs(
        [&lie](const FileOperation& operation) { return sort_of(operation) == lie; });
    machine.files().fail_at(at, FileFault::crash);
    run_workload(machine, told);
    machine.power_cycle();
    std::string wrong = recover_and_check(machine, told);
    if (!wrong.empty()) return {at, std::move(wrong)};
  }
  return {};
}

using Lies = std::function<bool(const FileOperation&)>;

/// The process dies between the write of that number and its flush, and a second one lives until
/// power goes. Empty: all is well.
std::string kill_behind(std::uint64_t write, std::uint64_t count, const Lies& lies) {
  Machine machine(kSeed);
  Told told;
  machine.files().ignore_sync_at(write);
  // Whatever it does from here on reaches no file.
  for (std::uint64_t at = write + 1; at < count + 1000; ++at)
    machine.files().fail_at(at, FileFault::killed);
  run_workload(machine, told);
  machine.files().clear_faults();
  machine.files().ignore_syncs(lies);
  return recover_twice_and_check(machine, told);
}

bool is_log_write(const FileOperation& operation) {
  return operation.kind == FileOperationKind::write_durable && operation.path.ends_with(".seg");
}

/// What only a killed process parts: a write that the next one sees and no flush has followed.
Discovery discover_by_kill(const std::string& lie, const std::vector<FileOperation>& operations) {
  const Lies lies = [&lie](const FileOperation& operation) { return sort_of(operation) == lie; };
  for (std::uint64_t at = 0; at < operations.size(); ++at) {
    if (!is_log_write(operations[at])) continue;
    std::string wrong = kill_behind(at, operations.size(), lies);
    if (!wrong.empty()) return {at, std::move(wrong)};
  }
  return {};
}

TEST(LostWrites, WhatAStartHasSeenStays) {
  const std::vector<FileOperation> operations = operations_of_a_run(kSeed);
  int points = 0;
  for (std::uint64_t at = 0; at < operations.size(); ++at) {
    if (!is_log_write(operations[at]) || at % 3 != 0) continue;
    ASSERT_EQ(kill_behind(at, operations.size(), {}), "") << "killed behind operation " << at;
    ++points;
  }
  EXPECT_GT(points, 10);
  fmt::print(
      "lost_writes: killed between a log write and its flush, then a power loss: {} points\n",
      points);
}

TEST(LostWrites, AMissingFlushOfAnySortIsFound) {
  const std::vector<FileOperation> operations = operations_of_a_run(kSeed);
  std::map<std::string, std::uint64_t> first_of;
  for (std::uint64_t n = 0; n < operations.size(); ++n)
    if (is_sync(operations[n].kind)) first_of.try_emplace(sort_of(operations[n]), n);
  EXPECT_GE(first_of.size(), 15u);
  std::size_t found = 0;
  for (const auto& [sort, first] : first_of) {
    if (unnoticeable().contains(sort)) {
      fmt::print("lost_writes: without {}: {}\n", sort, unnoticeable().at(sort));
      continue;
    }
    Discovery discovery = discover(sort, first, operations.size());
    const bool by_power = !discovery.what.empty();
    if (!by_power) discovery = discover_by_kill(sort, operations);
    EXPECT_NE(discovery.what, "") << "nobody misses: " << sort;
    if (discovery.what.empty()) continue;
    ++found;
    fmt::print("lost_writes: without {}: {} operation {}: {}\n", sort,
               by_power ? "power lost at" : "killed behind", discovery.at,
               discovery.what.substr(0, 100));
  }
  fmt::print("lost_writes: {} sorts of flush, {} found missing, {} explained\n", first_of.size(),
             found, unnoticeable().size());
}

}  // namespace
}  // namespace dyad::proof
