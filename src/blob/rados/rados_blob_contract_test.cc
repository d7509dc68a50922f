#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "blob/contract/blob_contract.h"
#include "blob/rados/rados_blob_store.h"

// The contract suite on a real cluster, that of $CEPH_CONF.

namespace dyad::blob {
namespace {

std::unique_ptr<BlobStore> open_on_cluster(Runtime& runtime) {
  static std::atomic<int> next{0};
  store::rados::ClusterOptions where;
  where.configuration = std::getenv("CEPH_CONF");
  where.pool = "r3";
  static const auto cluster = store::rados::Cluster::connect(where);
  RadosBlobOptions options;
  options.name = "blobs." + std::to_string(getpid()) + "." + std::to_string(next++);
  return *open_rados_blob_store(runtime, *cluster, options);
}

std::vector<BlobContractCase> cases() {
  if (std::getenv("CEPH_CONF") == nullptr) return {};
  BlobContractCase made;
  made.name = "Rados";
  made.simulated = false;
  made.make = open_on_cluster;
  return {made};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobContract);
INSTANTIATE_TEST_SUITE_P(Rados, BlobContract, testing::ValuesIn(cases()), blob_case_name);

}  // namespace
}  // namespace dyad::blob
