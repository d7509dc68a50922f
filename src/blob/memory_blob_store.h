#pragma once

#include <memory>

#include "blob/blob_store.h"

namespace dyad::blob {

/// Blobs in memory, for tests. Nothing is pending after a start, for there is no start after a
/// crash.
std::unique_ptr<BlobStore> make_memory_blob_store();

}  // namespace dyad::blob
