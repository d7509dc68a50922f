#include "store/embedded/embedded_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "runtime/simulation.h"
#include "store/embedded/verify_embedded.h"

namespace dyad::store {
namespace {

const std::string kDirectory = "/data/store";
constexpr char kKind = 1;

std::string row_key(const std::string& rest) {
  return kKind + rest;
}

/// A store on a disk that outlives it, as a process is to its machine.
class Machine {
 public:
  explicit Machine(std::uint64_t seed = 1) : seed_(seed), files_(SimFiles::Options{.seed = seed}) {
    options.segment_bytes = 64u << 10;
    options.block_cache_bytes = 1u << 20;
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

std::string value_of(const std::string& row, int step, std::size_t bytes) {
  std::string value = row + "#" + std::to_string(step) + " ";
  value.resize(bytes, 'v');
  return value;
}

/// Writes a pair of rows and a log entry a step, in three coroutines' worth of turns; ends at the
/// first error.
Task<void> workload(Store& store, Told& told, int steps) {
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

std::string head(const std::string& text) {
  return text.substr(0, text.find(' '));
}

/// Empty: rows and log hold everything acknowledged, nothing in part, and agree.
Task<std::string> check(Store& store, const Told& told) {
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

Task<void> close(Store& store) {
  (void)co_await store.close();
}

/// Runs the workload and lets the process end; the disk may fail in between.
void run_once(Machine& machine, Told& told, int steps) {
  auto store = machine.open();
  if (!store) return;
  machine.run(workload(**store, told, steps));
  machine.run(close(**store));
}

std::string recover_and_check(Machine& machine, const Told& told) {
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

TEST(EmbeddedStore, SurvivesReopening) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  ASSERT_EQ(told.rows.size(), 7u) << machine.fatal();
  EXPECT_EQ(recover_and_check(machine, told), "");
  const auto report = machine.verify();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->damages.empty()) << report->damages[0];
  EXPECT_GT(report->rows, 0u);
  EXPECT_GT(report->batches, 0u);
}

std::vector<FileOperation> operations_of_a_run() {
  Machine machine;
  Told told;
  machine.files().reset_operations();
  run_once(machine, told, 60);
  return machine.files().operations();
}

class EveryOperation : public testing::TestWithParam<FileFault> {};

TEST_P(EveryOperation, MayFail) {
  const std::uint64_t count = operations_of_a_run().size();
  ASSERT_GT(count, 100u);
  for (std::uint64_t at = 0; at < count; ++at) {
    Machine machine(at + 1);
    Told told;
    machine.files().reset_operations();
    machine.files().fail_at(at, GetParam());
    run_once(machine, told, 60);
    machine.files().clear_faults();
    if (!machine.files().is_down()) machine.files().crash();
    machine.files().restart();
    const std::string wrong = recover_and_check(machine, told);
    ASSERT_EQ(wrong, "") << "operation " << at << " of " << count;
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, EveryOperation,
                         testing::Values(FileFault::crash, FileFault::torn_crash,
                                         FileFault::io_error, FileFault::no_space));

/// "sync /data/store/rows/#.sst": what the operation flushes, whichever file of its sort.
std::string sort_of(const FileOperation& operation) {
  std::string sort;
  for (const char c : operation.path) {
    if (c < '0' || c > '9')
      sort.push_back(c);
    else if (sort.empty() || sort.back() != '#')
      sort.push_back('#');
  }
  return std::string(to_string(operation.kind)) + " " + sort;
}

/// Is there a moment at which power may go, so that the checks above tell that these flushes are
/// lies?
bool lies_are_found(const std::set<std::uint64_t>& lies, std::uint64_t count) {
  for (std::uint64_t at = *lies.begin() + 1; at <= count; ++at) {
    Machine machine;  // With the same seed, the numbers stay those of the first run.
    Told told;
    machine.files().reset_operations();
    for (const std::uint64_t lie : lies) machine.files().ignore_sync_at(lie);
    machine.files().fail_at(at, FileFault::crash);
    run_once(machine, told, 60);
    machine.files().clear_faults();
    if (!machine.files().is_down()) machine.files().crash();
    machine.files().restart();
    if (recover_and_check(machine, told) != "") return true;
  }
  return false;
}

TEST(EmbeddedStore, AMissingFlushOfAnySortIsFound) {
  const std::vector<FileOperation> operations = operations_of_a_run();
  std::map<std::string, std::set<std::uint64_t>> sorts;
  for (std::uint64_t n = 0; n < operations.size(); ++n) {
    const FileOperationKind kind = operations[n].kind;
    if (kind == FileOperationKind::sync || kind == FileOperationKind::sync_directory ||
        kind == FileOperationKind::write_durable)
      sorts[sort_of(operations[n])].insert(n);
  }
  EXPECT_GE(sorts.size(), 12u);
  for (const auto& [sort, lies] : sorts) {
    // RocksDB starts without its OPTIONS file. The flush of the newest segment at a start is for a
    // process that was killed between a write and its flush, which this disk does not part.
    if (sort.find("OPTIONS") != std::string::npos || sort == "sync /data/store/log/#.seg") continue;
    EXPECT_TRUE(lies_are_found(lies, operations.size())) << sort;
  }
}

/// Of a segment, what holds nothing: bytes behind the last batch.
bool is_unused(const std::string& name, std::uint64_t offset, const EmbeddedReport& report) {
  return report.damages.empty() && name.ends_with(".seg") && offset >= 16384;
}

TEST(EmbeddedStore, RotIsNamedAndNeverServed) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  ASSERT_EQ(told.rows.size(), 7u);
  int found = 0;
  for (const std::string directory : {"", "/log", "/rows"}) {
    const auto names = machine.files().list(kDirectory + directory);
    ASSERT_TRUE(names);
    std::string newest;
    for (const std::string& name : *names)
      if (name.ends_with(".seg")) newest = name;
    for (const std::string& name : *names) {
      const std::string path = kDirectory + directory + "/" + name;
      const FileInfo info = *machine.files().info(path);
      // Neither is read, nor is a spare segment or the one prepared next.
      if (info.is_directory || name == "IDENTITY" || name.starts_with("OPTIONS") ||
          name.ends_with(".free") || info.size_bytes == 0)
        continue;
      for (int place = 0; place < 6; ++place) {
        const std::uint64_t offset =
            place < 3 ? std::min<std::uint64_t>(place * 70 + 5, info.size_bytes - 1)
                      : info.size_bytes * (place - 2) / 4;
        ASSERT_TRUE(machine.files().flip(path, offset, 2));
        const auto report = machine.verify();
        const std::string said =
            !report ? report.error().message : fmt::format("{}", fmt::join(report->damages, "; "));
        const bool named = said.find(name) != std::string::npos;
        found += named ? 1 : 0;
        // The newest segment has no batch yet.
        const bool next = report && report->damages.empty() && name == newest;
        EXPECT_TRUE(named || next || (report && is_unused(name, offset, *report)))
            << path << " at " << offset << ": " << said;
        ASSERT_TRUE(machine.files().flip(path, offset, 2));
      }
    }
  }
  EXPECT_GT(found, 30);
  EXPECT_EQ(recover_and_check(machine, told), "");
}

TEST(EmbeddedStore, ADamagedRowFileIsNotServed) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  const auto names = machine.files().list(kDirectory + "/rows");
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    const std::string path = kDirectory + "/rows/" + name;
    ASSERT_TRUE(machine.files().flip(path, machine.files().info(path)->size_bytes / 3, 1));
    auto store = machine.open();
    if (!store) {
      EXPECT_EQ(store.error().code, ErrorCode::corruption) << store.error().to_string();
      EXPECT_NE(store.error().message.find(name), std::string::npos) << store.error().to_string();
    } else {
      const std::string wrong = machine.run(check(**store, told));
      EXPECT_EQ(wrong.substr(0, 11), "corruption:") << wrong;
      EXPECT_NE(wrong.find(name), std::string::npos) << wrong;
      machine.run(close(**store));
    }
    return;
  }
  FAIL() << "no row file";
}

TEST(EmbeddedStore, TimeGoesOnWhenTheClockRunsBackwards) {
  Machine machine;
  Told told;
  run_once(machine, told, 5);
  machine.wall_ms -= 3'600'000;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const Timestamp before = (*store)->durable_upto();
  ASSERT_GT(before.value(), 0u);
  const Body body = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  const auto commit = machine.run((*store)->transact({}, body, Deadline::never()));
  ASSERT_TRUE(commit);
  EXPECT_GT(commit->timestamp, before);
  machine.run(close(**store));
}

TEST(EmbeddedStore, ASecondOpenerIsRefused) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const auto open = [&]() -> Task<void> {
    const auto second =
        co_await open_embedded_store(*machine.simulation(), kDirectory, machine.options);
    EXPECT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(kDirectory), std::string::npos);
  };
  machine.run(open());
  machine.run(close(**store));
}

TEST(EmbeddedStore, ANewerFormatIsRefusedInWords) {
  Machine machine;
  Told told;
  run_once(machine, told, 1);
  ASSERT_TRUE(machine.files().flip(kDirectory + "/FORMAT", 8, 1));  // Version 3.
  const auto store = machine.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::unsupported);
  EXPECT_NE(store.error().message.find("newer"), std::string::npos);
}

TEST(EmbeddedStore, BelowTheReserveOnlyErasuresPass) {
  Machine machine;
  machine.options.reserve_bytes = 8u << 20;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const Body put = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  const Body erase = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.erase(kCatalogPartition, row_key("k"));
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, put, Deadline::never())));
  machine.files().set_capacity(8u << 20);
  machine.simulation()->run_for_ms(1000);
  EXPECT_EQ(machine.run((*store)->transact({}, put, Deadline::never())).error().code,
            ErrorCode::no_space);
  EXPECT_TRUE(machine.run((*store)->get(kCatalogPartition, row_key("k")))->has_value());
  EXPECT_TRUE(machine.run((*store)->transact({}, erase, Deadline::never())));
  machine.files().set_capacity(1u << 30);
  machine.simulation()->run_for_ms(1000);
  EXPECT_TRUE(machine.run((*store)->transact({}, put, Deadline::never())));
  machine.run(close(**store));
}

/// Many rows of `bytes` in a partition of their own.
Task<void> fill(Store& store, PartitionId& partition, int rows, std::size_t bytes) {
  const Body create = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(partition, tx.create_partition());
    co_return Result<>();
  };
  EXPECT_TRUE(co_await store.transact({}, create, Deadline::never()));
  for (int from = 0; from < rows; from += 500) {
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      for (int i = from; i < std::min(rows, from + 500); ++i) {
        std::string number = std::to_string(1000000 + i);
        DYAD_CO_TRY(tx.put(partition, row_key(number), std::string(bytes, 'r')));
      }
      co_return Result<>();
    };
    EXPECT_TRUE(co_await store.transact({}, body, Deadline::never()));
  }
}

TEST(EmbeddedStore, AScanGivesUpAmongErasedRows) {
  Machine machine;
  machine.options.max_replay_bytes = 64u << 20;  // Nothing is compacted meanwhile.
  machine.options.write_buffer_bytes = 64u << 20;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 6000, 20));
  const auto erase_all = [&]() -> Task<void> {
    for (int from = 0; from < 5999; from += 500) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        for (int i = from; i < std::min(5999, from + 500); ++i)
          DYAD_CO_TRY(tx.erase(partition, row_key(std::to_string(1000000 + i))));
        co_return Result<>();
      };
      EXPECT_TRUE(co_await (*store)->transact({}, body, Deadline::never()));
    }
  };
  machine.run(erase_all());
  ScanRange range{std::string(1, kKind), std::string(1, kKind + 1), false};
  ScanLimits limits;
  limits.steps = 1000;
  const auto first = machine.run((*store)->scan(partition, range, limits));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->empty());
  ASSERT_TRUE(first->next);
  int pages = 1;
  std::optional<ScanRange> next = first->next;
  std::size_t rows = 0;
  while (next && pages < 100) {
    const auto page = machine.run((*store)->scan(partition, *next, limits));
    ASSERT_TRUE(page);
    rows += page->size();
    next = page->next;
    ++pages;
  }
  EXPECT_EQ(rows, 1u);
  EXPECT_GE(pages, 6);
  machine.run(close(**store));
}

TEST(EmbeddedStore, ADroppedPartitionsRowsAreErasedAlsoAfterARestart) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 300, 1000));
  const Body drop = [&](Transaction& tx) -> Task<Result<>> {
    co_return tx.drop_partition(partition);
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, drop, Deadline::never())));
  // The worker has not had its turn when the power goes.
  machine.files().crash();
  machine.run(close(**store));
  store->reset();
  machine.files().restart();

  store = machine.open();
  ASSERT_TRUE(store) << store.error().to_string();
  PartitionId other;
  machine.run(fill(**store, other, 1, 1));
  machine.simulation()->run_for_ms(100);
  machine.run(close(**store));
  store->reset();
  const auto report = machine.verify();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->damages.empty()) << report->damages[0];
  EXPECT_EQ(report->dropped_rows, 0u);
  EXPECT_EQ(report->rows, 1u);
}

TEST(EmbeddedStore, TheLogIsLetGo) {
  Machine machine;
  machine.options.max_replay_bytes = 256u << 10;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const auto work = [&]() -> Task<void> {
    PartitionId partition;
    co_await fill(**store, partition, 1, 1);
    for (int i = 0; i < 600; ++i) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        DYAD_CO_TRY(tx.put(partition, row_key("k"), std::string(6000, 'v')));
        co_return tx.append(partition, std::string(6000, 'e'));
      };
      const auto commit = co_await (*store)->transact({}, body, Deadline::never());
      EXPECT_TRUE(commit);
      EXPECT_TRUE(co_await (*store)->trim_log(partition, commit->timestamp));
    }
  };
  machine.run(work());
  machine.simulation()->run_for_ms(100);
  // 600 batches of 16 KiB are 150 segments.
  EXPECT_LT(machine.files().list(kDirectory + "/log")->size(), 30u);
  machine.run(close(**store));
}

}  // namespace
}  // namespace dyad::store
