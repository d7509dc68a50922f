#include "store/contract/store_contract.h"

#include <cstdlib>

#include "base/check.h"
#include "runtime/simulation.h"
#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"

namespace dyad::store {
namespace {

constexpr int kExecutors = 4;
/// A hostile engine lies about a partition at most once in a while; the third answer is the truth.
constexpr int kAsks = 6;

template <class T>
bool doubtful(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::not_owner;
}

struct Countdown {
  std::atomic<int> left;
  Completion<bool> done;
};

Task<void> counted(Task<void> task, Countdown& countdown) {
  co_await task;
  if (countdown.left.fetch_sub(1) == 1) countdown.done.set(true);
}

void add_rows(std::string& text, const ScanPage& page) {
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (!text.empty()) text += ' ';
    text += std::string(page[i].key) + '=' + std::string(page[i].value);
  }
}

}  // namespace

std::uint64_t seed_or(std::uint64_t seed) {
  const char* given = std::getenv("DYAD_SEED");
  return given ? std::strtoull(given, nullptr, 10) : seed;
}

std::string contract_case_name(const testing::TestParamInfo<ContractCase>& info) {
  return info.param.name;
}

std::string key(char kind, std::string_view rest) {
  return kind + std::string(rest);
}

ScanRange range(std::string begin, std::string end, bool reverse) {
  return {std::move(begin), std::move(end), reverse};
}

std::string code_of(const Error& error) {
  return std::string(to_string(error.code));
}

StoreContract::StoreContract() = default;
StoreContract::~StoreContract() = default;

void StoreContract::SetUp() {
  seed_ = seed_or(GetParam().seed);
  RecordProperty("seed", std::to_string(seed_));
  random_ = std::make_unique<SeededRandom>(seed_);
  if (GetParam().simulated) {
    auto simulation = std::make_unique<Simulation>(seed_);
    simulation_ = simulation.get();
    runtime_ = std::move(simulation);
  } else {
    WorkerPoolOptions workers;
    runtime_ = make_threaded_runtime(workers, make_posix_files());
  }
  for (int i = 0; i < kExecutors; ++i) executors_.push_back(runtime_->make_dedicated("test"));
  engine_ = GetParam().make(*runtime_, seed_);
  go([this]() { return open_again(); });
}

void StoreContract::TearDown() {
  if (store_) {
    go([this]() -> Task<void> {
      const Result<> closed = co_await store_->close();
      EXPECT_TRUE(closed.has_value());
    });
  }
  store_.reset();
  engine_.reset();
  executors_.clear();
  if (HasFailure())
    fprintf(stderr, "replay with DYAD_SEED=%lu\n", static_cast<unsigned long>(seed_));
}

void StoreContract::go(const std::function<Task<void>()>& test) {
  if (simulation_) {
    simulation_->run_until(test());
  } else {
    sync_wait(*executors_[0], test());
  }
}

Task<void> StoreContract::all_at_once(int count, std::function<Task<void>(int)> make) {
  Countdown countdown;
  countdown.left = count;
  for (int i = 0; i < count; ++i) {
    executors_[static_cast<std::size_t>(i) % executors_.size()]->spawn(counted(make(i), countdown));
  }
  co_await countdown.done;
}

Task<void> StoreContract::reopen() {
  const Result<> closed = co_await store_->close();
  EXPECT_TRUE(closed.has_value());
  co_await open_again();
}

Task<void> StoreContract::open_again() {
  store_.reset();
  auto opened = co_await engine_->open();
  if (!opened) ADD_FAILURE() << opened.error().to_string();
  DYAD_CHECK(opened.has_value());
  store_ = std::move(*opened);
}

Task<void> StoreContract::yield(int count) {
  for (int i = 0; i < count; ++i) co_await resume_on(*Executor::current());
}

Task<void> StoreContract::nap() {
  co_await SleepUntil(clock().steady_us() + 50);
}

Task<Result<Commit>> StoreContract::commit(std::vector<DeclaredKey> declared, Body body) {
  Result<Commit> result = fail(ErrorCode::internal, "");
  for (int i = 0; i < kAsks; ++i) {
    result = co_await store_->transact(declared, body, Deadline::never());
    if (!doubtful(result)) break;
  }
  co_return std::move(result);
}

Task<std::string> StoreContract::get(PartitionId partition, std::string key) {
  Result<std::optional<std::string>> value = fail(ErrorCode::internal, "");
  for (int i = 0; i < kAsks; ++i) {
    value = co_await store_->get(partition, key);
    if (!doubtful(value)) break;
  }
  if (!value) co_return code_of(value.error());
  co_return value->value_or("-");
}

Task<Result<>> StoreContract::put(PartitionId partition, std::string key, std::string value) {
  const Body body = [&](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(partition, key, value);
  };
  const Result<Commit> done = co_await commit({}, body);
  if (!done) co_return fail(done.error());
  co_return Result<>();
}

Task<Result<PartitionId>> StoreContract::create() {
  PartitionId made;
  const Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(made, tx.create_partition());
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await commit({}, body));
  co_return made;
}

Task<Result<Transaction::Children>> StoreContract::split(PartitionId parent, std::string at) {
  Transaction::Children children;
  const Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(children, tx.split_partition(parent, at));
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await commit({}, body));
  co_return children;
}

Task<std::string> StoreContract::scan(PartitionId partition, ScanRange range, ScanLimits limits) {
  std::string text;
  std::optional<ScanRange> rest = std::move(range);
  int doubts = 0;
  while (rest) {
    Result<ScanPage> page = co_await store_->scan(partition, *rest, limits);
    if (doubtful(page) && ++doubts < kAsks) continue;
    if (!page) co_return code_of(page.error());
    doubts = 0;
    add_rows(text, *page);
    rest = page->next;
  }
  co_return text;
}

Task<std::string> StoreContract::scan(Transaction& tx, PartitionId partition, ScanRange range,
                                      ScanLimits limits) {
  std::string text;
  std::optional<ScanRange> rest = std::move(range);
  while (rest) {
    Result<ScanPage> page = co_await tx.scan(partition, *rest, limits);
    if (!page) co_return code_of(page.error());
    add_rows(text, *page);
    rest = page->next;
  }
  co_return text;
}

Task<StoreContract::LogText> StoreContract::log(PartitionId partition, Timestamp after,
                                                LogLimits limits) {
  LogText all;
  const Timestamp goal = store_->durable_upto();
  while (true) {
    Result<LogPage> page = co_await store_->read_log(partition, after, limits);
    if (!page) {
      all.text = code_of(page.error());
      co_return all;
    }
    ++all.pages;
    for (const LogEntry& entry : page->entries) {
      if (!all.text.empty()) all.text += ' ';
      all.text += entry.payload;
      all.timestamps.push_back(entry.timestamp);
    }
    EXPECT_GE(page->complete_upto, after);
    after = all.upto = page->complete_upto;
    if (page->ended) {
      all.ended = true;
      all.children = page->children;
      co_return all;
    }
    if (after >= goal) co_return all;
  }
}

std::vector<DeclaredKey> StoreContract::exclusive(PartitionId partition, std::string key) {
  std::vector<DeclaredKey> keys;
  keys.push_back({partition, std::move(key), LatchMode::exclusive});
  return keys;
}

std::vector<DeclaredKey> StoreContract::shared(PartitionId partition, std::string key) {
  std::vector<DeclaredKey> keys;
  keys.push_back({partition, std::move(key), LatchMode::shared});
  return keys;
}

}  // namespace dyad::store
