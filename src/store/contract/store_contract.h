#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/completion.h"
#include "runtime/runtime.h"
#include "store/store.h"

namespace dyad {
class Simulation;
}

namespace dyad::store {

/// An engine over some data that lasts as long as this object: stores are opened on it one after
/// another.
class ContractEngine {
 public:
  virtual ~ContractEngine() = default;
  virtual Task<Result<std::unique_ptr<Store>>> open() = 0;
};

/// One way in which the suite runs: an engine, in the simulation or on threads.
struct ContractCase {
  std::string name;
  bool simulated = true;
  std::uint64_t seed = 1;
  std::function<std::unique_ptr<ContractEngine>(Runtime& runtime, std::uint64_t seed)> make;
};

/// The specification of Store in code. An engine's test program says
/// INSTANTIATE_TEST_SUITE_P(Engine, StoreContract, testing::ValuesIn(cases), contract_case_name);
class StoreContract : public testing::TestWithParam<ContractCase> {
 protected:
  StoreContract();
  ~StoreContract() override;
  void SetUp() override;
  void TearDown() override;

  /// Runs the coroutine that `test` makes to its end. `test` lives as long as the call.
  void go(const std::function<Task<void>()>& test);
  /// Runs the tasks that `make(0..count-1)` gives, all at once, on all executors there are.
  Task<void> all_at_once(int count, std::function<Task<void>(int)> make);
  Task<void> reopen();
  /// After the test itself has closed the store.
  Task<void> open_again();
  /// Lets `count` others go first.
  Task<void> yield(int count = 1);
  /// Lets a little time go by; for loops, since the simulation's time stands still while anything
  /// can run.
  Task<void> nap();

  Store& store() { return *store_; }
  Clock& clock() { return runtime_->clock(); }
  Random& random() { return *random_; }
  std::uint64_t seed() const { return seed_; }
  /// The simulation's work is cheap, threads' rounds are not.
  int rounds(int simulated, int threaded) const {
    return GetParam().simulated ? simulated : threaded;
  }

  // As the store's own, but a not_owner is only believed when it is repeated, as callers do who
  // reload their map, and pages are put together.
  Task<Result<Commit>> commit(std::vector<DeclaredKey> declared, Body body);
  Task<std::string> get(PartitionId partition,
                        std::string key);  ///< "-": no such row; or the error's name.
  Task<Result<>> put(PartitionId partition, std::string key, std::string value);
  Task<Result<PartitionId>> create();
  Task<Result<Transaction::Children>> split(PartitionId parent, std::string at);
  /// "key=value key=value", in the order of the scan; or the error's name.
  Task<std::string> scan(PartitionId partition, ScanRange range, ScanLimits limits = {});
  static Task<std::string> scan(Transaction& tx, PartitionId partition, ScanRange range,
                                ScanLimits limits = {});
  /// All payloads after `after`, separated by spaces; `ended` and `upto` of the last page.
  struct LogText {
    std::string text;
    std::vector<Timestamp> timestamps;
    Timestamp upto;
    bool ended = false;
    std::vector<PartitionId> children;
    int pages = 0;
  };
  Task<LogText> log(PartitionId partition, Timestamp after = {}, LogLimits limits = {});

  static std::vector<DeclaredKey> exclusive(PartitionId partition, std::string key);
  static std::vector<DeclaredKey> shared(PartitionId partition, std::string key);

 private:
  std::unique_ptr<Runtime> runtime_;
  Simulation* simulation_ = nullptr;
  std::unique_ptr<Random> random_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::unique_ptr<ContractEngine> engine_;
  std::unique_ptr<Store> store_;
  std::uint64_t seed_ = 1;
};

/// Random transactions against plain maps: instantiated with many seeds.
class StoreModel : public StoreContract {};

std::string contract_case_name(const testing::TestParamInfo<ContractCase>& info);
/// DYAD_SEED from the environment, or `seed`.
std::uint64_t seed_or(std::uint64_t seed);
/// "kind,rest" -> a key: one byte and the rest.
std::string key(char kind, std::string_view rest);
ScanRange range(std::string begin, std::string end, bool reverse = false);
std::string code_of(const Error& error);

}  // namespace dyad::store
