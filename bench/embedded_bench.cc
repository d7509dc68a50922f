#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "store/embedded/embedded_store.h"

// Durable transactions of the embedded engine: writers on one executor, each puts a 1 KiB row under
// a latch and appends a log entry of the same size, having read a catalogue row. Then what reads
// cost.
//   embedded_bench DIRECTORY [writers] [transactions]

namespace dyad::store {
namespace {

constexpr std::size_t kValueBytes = 1024;

double cpu_us() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

std::string key_of(int number) {
  return '\1' + fmt::format("{:08}", number);
}

struct Run {
  Store& store;
  const Clock& clock;
  PartitionId partition;
  int writers;
  int transactions;
  std::atomic<int> next{0};
  std::atomic<int> left;
  Completion<bool> done;
  std::vector<std::int64_t> latencies_us;
};

Task<void> writer(Run& run) {
  const std::string value(kValueBytes, 'v');
  for (int n; (n = run.next.fetch_add(1)) < run.transactions;) {
    const std::int64_t begun = run.clock.steady_us();
    // Spread over the key space, so that the rows do not come in order.
    const std::string key =
        key_of(static_cast<int>(static_cast<std::uint64_t>(n) * 2654435761u % 1'000'000));
    std::vector<DeclaredKey> declared;
    declared.push_back({kCatalogPartition, "\1table", LatchMode::shared});
    declared.push_back({run.partition, key, LatchMode::exclusive});
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(co_await tx.get(kCatalogPartition, "\1table"));
      DYAD_CO_TRY(tx.put(run.partition, key, value));
      co_return tx.append(run.partition, value);
    };
    const auto commit = co_await run.store.transact(std::move(declared), body, Deadline::never());
    if (!commit) fmt::print("{}\n", commit.error().to_string());
    DYAD_CHECK(commit.has_value());
    run.latencies_us[static_cast<std::size_t>(n)] = run.clock.steady_us() - begun;
  }
  if (run.left.fetch_sub(1) == 1) run.done.set(true);
}

Task<void> write_all(Run& run, Executor& executor) {
  run.left = run.writers;
  for (int i = 0; i < run.writers; ++i) executor.spawn(writer(run));
  co_await run.done;
}

Task<PartitionId> prepare(Store& store) {
  PartitionId partition;
  const Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(partition, tx.create_partition());
    co_return tx.put(kCatalogPartition, "\1table", std::string(500, 'd'));
  };
  DYAD_CHECK((co_await store.transact({}, body, Deadline::never())).has_value());
  co_return partition;
}

Task<void> read_rows(Store& store, PartitionId partition, std::string key, int count) {
  for (int i = 0; i < count; ++i) {
    const auto row = co_await store.get(partition, key);
    DYAD_CHECK(row.has_value());
  }
}

Task<Result<>> close(Store& store) {
  co_return co_await store.close();
}

void measure(const std::string& directory, int writers, int transactions) {
  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  const auto executor = runtime->make_dedicated("bench");
  const Clock& clock = runtime->clock();
  auto store =
      std::move(*sync_wait(*executor, open_embedded_store(*runtime, directory, EmbeddedOptions())));
  const PartitionId partition = sync_wait(*executor, prepare(*store));

  Run run{*store, clock, partition, writers, transactions, {}, {}, {}, {}};
  run.latencies_us.resize(static_cast<std::size_t>(transactions));
  const double cpu = cpu_us();
  const std::int64_t begun = clock.steady_us();
  sync_wait(*executor, write_all(run, *executor));
  const double seconds = static_cast<double>(clock.steady_us() - begun) / 1e6;
  const double used = cpu_us() - cpu;
  std::sort(run.latencies_us.begin(), run.latencies_us.end());
  const auto at = [&](double share) {
    return run.latencies_us[static_cast<std::size_t>(share * (transactions - 1))];
  };
  fmt::print("{} writers: {:.0f} transactions/s, {:.1f} us of CPU each, p50 {} us, p99 {} us\n",
             writers, transactions / seconds, used / transactions, at(0.5), at(0.99));

  const auto time_reads = [&](const char* what, PartitionId from, const std::string& key) {
    constexpr int kReads = 200'000;
    const std::int64_t start = clock.steady_us();
    sync_wait(*executor, read_rows(*store, from, key, kReads));
    fmt::print("{}: {:.0f} ns\n", what,
               static_cast<double>(clock.steady_us() - start) * 1000 / kReads);
  };
  time_reads("get of a catalogue row", kCatalogPartition, "\1table");
  time_reads("get of a warm row", partition, key_of(0));

  std::int64_t start = clock.steady_us();
  DYAD_CHECK(sync_wait(*executor, close(*store)).has_value());
  store.reset();
  fmt::print("close: {} ms\n", (clock.steady_us() - start) / 1000);
  start = clock.steady_us();
  store =
      std::move(*sync_wait(*executor, open_embedded_store(*runtime, directory, EmbeddedOptions())));
  sync_wait(*executor, read_rows(*store, partition, key_of(0), 1));
  fmt::print("open to first answer: {} ms\n", (clock.steady_us() - start) / 1000);
  DYAD_CHECK(sync_wait(*executor, close(*store)).has_value());
}

}  // namespace
}  // namespace dyad::store

int main(int argc, char** argv) {
  const std::string base = argc > 1 ? argv[1] : "/tmp";
  const int writers = argc > 2 ? std::atoi(argv[2]) : 64;
  const int transactions = argc > 3 ? std::atoi(argv[3]) : 200'000;
  std::string pattern = base + "/dyad-bench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return 1;
  dyad::store::measure(pattern + "/store", writers, transactions);
  std::filesystem::remove_all(pattern);
}
