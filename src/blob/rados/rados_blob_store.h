#pragma once

#include <memory>
#include <string>

#include "blob/blob_store.h"
#include "runtime/runtime.h"
#include "store/rados/cluster.h"

namespace dyad::blob {

struct RadosBlobOptions {
  /// What the blobs' objects begin with.
  std::string name = "dyad";
  /// See store::RadosOptions.
  bool take_over = false;
};

/// Blobs as RADOS objects of 32 frames (4 MiB) each. Blocks. `runtime` outlives the store. See
/// store/rados/README.md.
Result<std::unique_ptr<BlobStore>> open_rados_blob_store(
    Runtime& runtime, std::shared_ptr<store::rados::Cluster> cluster, RadosBlobOptions options);

}  // namespace dyad::blob
