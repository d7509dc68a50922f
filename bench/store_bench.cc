#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "store/latch_table.h"
#include "store/memory/memory_store.h"

// What a transaction costs before any disk: the memory engine, clients on one executor, CPU of the
// whole process (the committer's included).

namespace dyad::store {
namespace {

constexpr PartitionId kP = kCatalogPartition;

double cpu_us() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct Clients {
  std::atomic<int> left;
  Completion<bool> done;
};

Task<void> client(Store& store, int number, int transactions, Clients& clients) {
  const std::string value(100, 'v');
  for (int i = 0; i < transactions; ++i) {
    const std::string name = "k" + std::to_string(number * 1000 + i % 1000);
    std::vector<DeclaredKey> declared;
    declared.push_back({kP, "descriptor", LatchMode::shared});
    declared.push_back({kP, name, LatchMode::exclusive});
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(co_await tx.get(kP, name));
      co_return tx.put(kP, name, value);
    };
    const auto done = co_await store.transact(std::move(declared), body, Deadline::never());
    DYAD_CHECK(done.has_value());
  }
  if (clients.left.fetch_sub(1) == 1) clients.done.set(true);
}

Task<void> run_clients(Store& store, Executor& executor, int count, int transactions) {
  Clients clients;
  clients.left = count;
  for (int i = 0; i < count; ++i) executor.spawn(client(store, i, transactions, clients));
  co_await clients.done;
}

void one_row_transaction(benchmark::State& state) {
  const int clients = static_cast<int>(state.range(0));
  const int transactions = 20000 / clients;
  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  const auto executor = runtime->make_dedicated("bench");
  auto store = make_memory_store(*runtime);
  const double before = cpu_us();
  for (auto _ : state) {
    sync_wait(*executor, run_clients(*store, *executor, clients, transactions));
  }
  const auto done = static_cast<double>(state.iterations()) * clients * transactions;
  state.counters["cpu_us/tx"] = (cpu_us() - before) / done;
  state.counters["tx/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  const Result<> closed = sync_wait(*executor, store->close());
  DYAD_CHECK(closed.has_value());
}
BENCHMARK(one_row_transaction)->Arg(1)->Arg(64)->Arg(512)->UseRealTime();

Task<void> take_latches(LatchTable& table, const DeclaredKey& key, int count) {
  for (int i = 0; i < count; ++i) {
    LatchTable::Set set(table);
    set.reserve(1);
    co_await set.take(key, Deadline::never());
  }
}

/// One queue for clients and committer alike, run by the thread that asks: what transactions cost
/// where no thread wakes another.
class OneThread final : public Runtime {
 public:
  explicit OneThread(Runtime& machine) : machine_(machine) {}
  Clock& clock() override { return machine_.clock(); }
  Random& random() override { return machine_.random(); }
  Files& files() override { return machine_.files(); }
  WorkerPool& workers() override { return machine_.workers(); }
  std::unique_ptr<Executor> make_dedicated(std::string_view) override {
    return std::make_unique<Line>(*this);
  }
  void run(Executor& on, Task<void> task) {
    bool over = false;
    on.spawn(tell(std::move(task), over));
    while (!over) step();
  }

 private:
  class Line final : public Executor {
   public:
    explicit Line(OneThread& owner) : owner_(owner) {}
    void post(std::coroutine_handle<> handle) override { owner_.queue_.emplace_back(this, handle); }
    void arm(TimerEntry&) override { DYAD_CHECK(false); }
    void disarm(TimerEntry&) override { DYAD_CHECK(false); }
    void resume(std::coroutine_handle<> handle) {
      set_current(this);
      handle.resume();
      set_current(nullptr);
    }

   private:
    OneThread& owner_;
  };

  static Task<void> tell(Task<void> task, bool& over) {
    co_await task;
    over = true;
  }
  void step() {
    const auto [line, handle] = queue_.front();
    queue_.pop_front();
    line->resume(handle);
  }

  Runtime& machine_;
  std::deque<std::pair<Line*, std::coroutine_handle<>>> queue_;
};

Task<void> close(Store& store) {
  const Result<> closed = co_await store.close();
  DYAD_CHECK(closed.has_value());
}

void one_row_transaction_on_one_thread(benchmark::State& state) {
  const int clients = static_cast<int>(state.range(0));
  const int transactions = 20000 / clients;
  const auto machine = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  OneThread runtime(*machine);
  const auto executor = runtime.make_dedicated("bench");
  auto store = make_memory_store(runtime);
  runtime.run(*executor, run_clients(*store, *executor, clients, transactions));
  for (auto _ : state) {
    runtime.run(*executor, run_clients(*store, *executor, clients, transactions));
  }
  const auto done = static_cast<double>(state.iterations()) * clients * transactions;
  state.counters["tx/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  runtime.run(*executor, close(*store));
}
BENCHMARK(one_row_transaction_on_one_thread)->Arg(1)->Arg(64);

/// A shared latch that somebody else holds too: what every write does to its table's descriptor.
void shared_latch(benchmark::State& state) {
  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  const auto executor = runtime->make_dedicated("bench");
  LatchTable table;
  const DeclaredKey key{kP, "descriptor of a table", LatchMode::shared};
  constexpr int kCount = 100000;
  for (auto _ : state) sync_wait(*executor, take_latches(table, key, kCount));
  state.counters["ns/latch"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kCount * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(shared_latch)->UseRealTime();

}  // namespace
}  // namespace dyad::store

BENCHMARK_MAIN();
