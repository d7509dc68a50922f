#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "runtime/simulation.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/verify_embedded.h"

// What tests of the whole engine share: a simulated machine, a workload that remembers what it was
// told, and the check of what must be found afterwards.

namespace dyad::store {

inline const std::string kDirectory = "/data/store";
constexpr char kKind = 1;

inline std::string row_key(const std::string& rest) {
  return kKind + rest;
}

/// A store on a disk that outlives it, as a process is to its machine.
class Machine {
 public:
  explicit Machine(std::uint64_t seed = 1) : seed_(seed), files_(SimFiles::Options{.seed = seed}) {
    options.segment_bytes = 64u << 10;
    options.cache_bytes = 1u << 20;
    options.write_buffer_bytes = 256u << 10;
    options.reserve_bytes = 0;
    options.max_replay_bytes = 96u << 10;
    options.max_background_sleep_us = 1000;
    options.fatal = [this](const Error& error) {
      const std::lock_guard lock(fatal_mutex_);
      fatal_ = error.to_string();
    };
    EXPECT_TRUE(files_.make_directory("/data"));
    EXPECT_TRUE(files_.sync_directory("/"));
  }

  SimFiles& files() { return files_; }
  std::string fatal() {
    const std::lock_guard lock(fatal_mutex_);
    return fatal_;
  }
  Simulation& start() {
    Simulation::Options options;
    options.seed = ++seed_;
    options.files = &files_;
    options.start_wall_ms = wall_ms;
    simulation_ = std::make_unique<Simulation>(options);
    return *simulation_;
  }
  Result<std::unique_ptr<Store>> open() {
    return start().run_until(open_embedded_store(*simulation_, kDirectory, options));
  }
  Result<EmbeddedReport> verify() {
    return start().run_until(verify_embedded(*simulation_, kDirectory, options));
  }
  template <class T>
  T run(Task<T> task) {
    return simulation_->run_until(std::move(task));
  }

  Simulation* simulation() { return simulation_.get(); }

  EmbeddedOptions options;
  std::int64_t wall_ms = 1'700'000'000'000;

 private:
  std::uint64_t seed_;
  SimFiles files_;
  std::mutex fatal_mutex_;
  std::string fatal_;
  std::unique_ptr<Simulation> simulation_;
};

/// What a run of the workload was told, and so what must be found afterwards.
struct Told {
  PartitionId partition;            ///< Zero: not even that was acknowledged.
  std::map<std::string, int> rows;  ///< Acknowledged: row -> number of the writer's step.
  std::set<std::string> attempted;  ///< Perhaps there.
  Timestamp trimmed;                ///< The log may be gone up to here,
  int trimmed_step = -1;            ///< which is this step's commit.
};

inline std::string value_of(const std::string& row, int step, std::size_t bytes) {
  std::string value = row + "#" + std::to_string(step) + " ";
  value.resize(bytes, 'v');
  return value;
}

/// Writes a pair of rows and a log entry a step, in three coroutines' worth of turns; ends at the
/// first error.
inline Task<void> workload(Store& store, Told& told, int steps) {
  PartitionId partition;
  const Body create = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(partition, tx.create_partition());
    co_return tx.put(kCatalogPartition, row_key("table"), std::to_string(partition.value()));
  };
  if (!co_await store.transact({}, create, Deadline::never())) co_return;
  told.partition = partition;
  for (int step = 0; step < steps; ++step) {
    const std::string row = "r" + std::to_string(step % 7);
    const std::size_t bytes = step % 5 == 4 ? 9000 : 200;
    told.attempted.insert(row + "#" + std::to_string(step));
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(tx.put(partition, row_key("a" + row), value_of(row, step, bytes)));
      DYAD_CO_TRY(tx.put(partition, row_key("b" + row), value_of(row, step, bytes)));
      if (step % 9 == 8) DYAD_CO_TRY(tx.erase(partition, row_key("x")));
      if (step % 9 == 3) DYAD_CO_TRY(tx.put(partition, row_key("x"), "x"));
      co_return tx.append(partition, value_of(row, step, 100));
    };
    const auto commit = co_await store.transact({}, body, Deadline::never());
    if (!commit) co_return;
    told.rows[row] = step;
    if (step % 20 != 15) continue;
    told.trimmed = commit->timestamp;
    told.trimmed_step = step;
    (void)co_await store.trim_log(partition, commit->timestamp);
  }
}

inline std::string head(const std::string& text) {
  return text.substr(0, text.find(' '));
}

/// Empty: rows and log hold everything acknowledged, nothing in part, and agree.
inline Task<std::string> check(Store& store, const Told& told) {
  const auto table = co_await store.get(kCatalogPartition, row_key("table"));
  if (!table) co_return table.error().to_string();
  if (told.partition == PartitionId()) co_return "";
  if (!*table || **table != std::to_string(told.partition.value()))
    co_return "the partition's catalogue row is lost";
  std::map<std::string, std::string> last_logged;
  Timestamp after;
  while (after < store.durable_upto()) {
    const auto page = co_await store.read_log(told.partition, after, {});
    if (!page && page.error().code == ErrorCode::out_of_range && after < told.trimmed) {
      after = told.trimmed;
      continue;
    }
    if (!page) co_return page.error().to_string();
    for (const LogEntry& entry : page->entries) {
      const std::string name = head(entry.payload);
      if (!told.attempted.contains(name)) co_return "an entry that nobody wrote: " + name;
      last_logged[name.substr(0, name.find('#'))] = name;
    }
    after = page->complete_upto;
  }
  for (int i = 0; i < 7; ++i) {
    const std::string row = "r" + std::to_string(i);
    const auto a = co_await store.get(told.partition, row_key("a" + row));
    const auto b = co_await store.get(told.partition, row_key("b" + row));
    if (!a) co_return a.error().to_string();
    if (!b) co_return b.error().to_string();
    const auto acknowledged = told.rows.find(row);
    if (!*a != !*b || (*a && **a != **b)) co_return "half a transaction: " + row;
    if (!*a && acknowledged != told.rows.end()) co_return "an acknowledged row is lost: " + row;
    if (!*a) continue;
    const int step = std::stoi(head(**a).substr(head(**a).find('#') + 1));
    if (acknowledged != told.rows.end() && step < acknowledged->second)
      co_return "an acknowledged write is lost: " + row;
    if (**a != value_of(row, step, (**a).size())) co_return "a row is not what was written: " + row;
    if (step > told.trimmed_step && last_logged[row] != head(**a))
      co_return "log and rows do not agree: " + row;
  }
  co_return "";
}

inline Task<void> close(Store& store) {
  (void)co_await store.close();
}

/// Runs the workload and lets the process end; the disk may fail in between.
inline void run_once(Machine& machine, Told& told, int steps) {
  auto store = machine.open();
  if (!store) return;
  machine.run(workload(**store, told, steps));
  machine.run(close(**store));
}

inline std::string recover_and_check(Machine& machine, const Told& told) {
  auto store = machine.open();
  if (!store) return store.error().to_string();
  const std::string wrong = machine.run(check(**store, told));
  // It goes on working, too.
  Told more;
  machine.run(workload(**store, more, 3));
  const std::string then = more.rows.size() == 3 ? "" : "it takes no more writes";
  machine.run(close(**store));
  return wrong.empty() ? then : wrong;
}

}  // namespace dyad::store
