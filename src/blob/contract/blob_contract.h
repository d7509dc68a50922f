#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "blob/blob_store.h"
#include "runtime/runtime.h"
#include "runtime/simulation.h"
#include "runtime/sync_wait.h"

namespace dyad::blob {

/// One engine that the suite runs on, in the simulation or on threads.
struct BlobContractCase {
  std::string name;
  bool simulated = true;
  std::function<std::unique_ptr<BlobStore>(Runtime& runtime)> make;
};

/// The specification of BlobStore in code. An engine's test program says
/// INSTANTIATE_TEST_SUITE_P(Engine, BlobContract, testing::ValuesIn(cases), blob_case_name);
class BlobContract : public testing::TestWithParam<BlobContractCase> {
 protected:
  BlobContract();
  ~BlobContract() override;

  template <class T>
  T run(Task<T> task) {
    if (simulation_ != nullptr) return simulation_->run_until(std::move(task));
    return sync_wait(*executor_, std::move(task));
  }
  /// Lets some time go by.
  void pause();

  BlobStore& store() { return *store_; }

 private:
  std::unique_ptr<Runtime> runtime_;
  Simulation* simulation_ = nullptr;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<BlobStore> store_;
};

std::string blob_case_name(const testing::TestParamInfo<BlobContractCase>& info);

// What tests of blobs share.

/// Bytes that look random and are the same for the same seed.
std::string pattern(std::size_t size, unsigned seed = 1);
std::span<const char> span_of(std::string_view bytes);
Task<Result<BlobId>> write_blob(BlobStore& store, std::string owner, std::string bytes,
                                std::size_t piece_bytes);
Task<Result<std::string>> read_range(BlobStore& store, BlobId id, std::uint64_t offset,
                                     std::size_t length);

}  // namespace dyad::blob
