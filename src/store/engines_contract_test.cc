#include <gtest/gtest.h>

#include "store/contract/store_contract.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"

// The contract suite over the engines for tests.

namespace dyad::store {
namespace {

class MemoryEngine : public ContractEngine {
 public:
  MemoryEngine(Runtime& runtime, std::int64_t commit_delay_us) : runtime_(runtime) {
    options_.state = make_memory_state();
    options_.commit_delay_us = commit_delay_us;
  }
  Task<Result<std::unique_ptr<Store>>> open() override {
    co_return make_memory_store(runtime_, options_);
  }

 private:
  Runtime& runtime_;
  MemoryOptions options_;
};

class HostileEngine final : public MemoryEngine {
 public:
  HostileEngine(Runtime& runtime, std::uint64_t seed)
      : MemoryEngine(runtime, 0), runtime_(runtime), seed_(seed) {}
  Task<Result<std::unique_ptr<Store>>> open() override {
    DYAD_CO_TRY_ASSIGN(auto inner, co_await MemoryEngine::open());
    co_return make_hostile_store(std::move(inner), runtime_, seed_);
  }

 private:
  Runtime& runtime_;
  const std::uint64_t seed_;
};

std::unique_ptr<ContractEngine> memory(Runtime& runtime, std::uint64_t) {
  return std::make_unique<MemoryEngine>(runtime, 0);
}
std::unique_ptr<ContractEngine> slow(Runtime& runtime, std::uint64_t) {
  return std::make_unique<MemoryEngine>(runtime, 400);
}
std::unique_ptr<ContractEngine> hostile(Runtime& runtime, std::uint64_t seed) {
  return std::make_unique<HostileEngine>(runtime, seed);
}

std::vector<ContractCase> cases() {
  std::vector<ContractCase> all;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const std::string n = std::to_string(seed);
    all.push_back({"MemorySimulated" + n, true, seed, memory});
    all.push_back({"SlowMemorySimulated" + n, true, seed + 100, slow});
    all.push_back({"HostileSimulated" + n, true, seed + 200, hostile});
  }
  all.push_back({"MemoryThreads", false, 1, memory});
  all.push_back({"SlowMemoryThreads", false, 1, slow});
  all.push_back({"HostileThreads", false, 1, hostile});
  return all;
}

std::vector<ContractCase> models() {
  std::vector<ContractCase> all;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const std::string n = std::to_string(seed);
    all.push_back({"Memory" + n, true, seed, memory});
    all.push_back({"SlowMemory" + n, true, seed + 1000, slow});
    all.push_back({"Hostile" + n, true, seed + 2000, hostile});
  }
  all.push_back({"MemoryThreads", false, 1, memory});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreModel, testing::ValuesIn(models()), contract_case_name);
INSTANTIATE_TEST_SUITE_P(Engines, StoreContract, testing::ValuesIn(cases()), contract_case_name);

}  // namespace
}  // namespace dyad::store
