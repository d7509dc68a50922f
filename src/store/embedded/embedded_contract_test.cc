#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/simulation.h"
#include "store/contract/store_contract.h"
#include "store/embedded/embedded_store.h"

namespace dyad::store {
namespace {

EmbeddedOptions small_options() {
  EmbeddedOptions options;
  options.segment_bytes = 1u << 20;
  options.cache_bytes = 4u << 20;
  options.write_buffer_bytes = 1u << 20;
  options.max_replay_bytes = 4u << 20;
  options.reserve_bytes = 1u << 20;
  return options;
}

class EmbeddedEngine final : public ContractEngine {
 public:
  EmbeddedEngine(Runtime& runtime, bool simulated) : runtime_(runtime), temporary_(!simulated) {
    if (simulated) return;
    std::string pattern = testing::TempDir() + "dyad-store-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~EmbeddedEngine() override {
    if (temporary_) std::filesystem::remove_all(directory_);
  }
  Task<Result<std::unique_ptr<Store>>> open() override {
    return open_embedded_store(runtime_, directory_, small_options());
  }

 private:
  Runtime& runtime_;
  const bool temporary_;
  std::string directory_ = "/store";
};

ContractCase contract_case(std::string name, bool simulated, std::uint64_t seed) {
  ContractCase made;
  made.name = std::move(name);
  made.simulated = simulated;
  made.seed = seed;
  made.make = [simulated](Runtime& runtime, std::uint64_t) {
    return std::make_unique<EmbeddedEngine>(runtime, simulated);
  };
  return made;
}

const std::vector<ContractCase> cases{contract_case("Simulated", true, 1),
                                      contract_case("Threads", false, 2)};

const std::vector<ContractCase> models{contract_case("Simulated3", true, 3),
                                       contract_case("Simulated4", true, 4),
                                       contract_case("Simulated5", true, 5)};

INSTANTIATE_TEST_SUITE_P(Embedded, StoreModel, testing::ValuesIn(models), contract_case_name);
INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, testing::ValuesIn(cases), contract_case_name);

}  // namespace
}  // namespace dyad::store
