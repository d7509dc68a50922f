#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "store/contract/store_contract.h"
#include "store/rados/rados_store.h"

// The contract suite on a real cluster, that of $CEPH_CONF; without one every test says that it was
// skipped.

namespace dyad::store {
namespace {

std::string unique_name() {
  static std::atomic<int> next{0};
  return "contract." + std::to_string(getpid()) + "." + std::to_string(next++);
}

std::shared_ptr<rados::Cluster> cluster() {
  static const std::shared_ptr<rados::Cluster> connected = [] {
    rados::ClusterOptions options;
    options.configuration = std::getenv("CEPH_CONF");
    options.pool = "r3";
    auto made = rados::Cluster::connect(options);
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? *made : nullptr;
  }();
  return connected;
}

class RadosEngine final : public ContractEngine {
 public:
  explicit RadosEngine(Runtime& runtime) : runtime_(runtime) {
    options_.name = unique_name();
    options_.segment_bytes = 64u << 10;
  }
  Task<Result<std::unique_ptr<Store>>> open() override {
    return open_rados_store(runtime_, cluster(), options_);
  }

 private:
  Runtime& runtime_;
  RadosOptions options_;
};

std::vector<ContractCase> cases() {
  if (std::getenv("CEPH_CONF") == nullptr) return {};
  ContractCase made;
  made.name = "Rados";
  made.simulated = false;
  made.make = [](Runtime& runtime, std::uint64_t) {
    return std::make_unique<RadosEngine>(runtime);
  };
  return {made};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreModel);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);
INSTANTIATE_TEST_SUITE_P(Rados, StoreModel, testing::ValuesIn(cases()), contract_case_name);
INSTANTIATE_TEST_SUITE_P(Rados, StoreContract, testing::ValuesIn(cases()), contract_case_name);

}  // namespace
}  // namespace dyad::store
