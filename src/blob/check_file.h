#pragma once

#include <functional>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/files.h"

namespace dyad::blob {

/// Reads a blob's file from its first byte to its last: header and every frame with its tag.
/// corruption names blob and frame. `before_each` is asked before each piece is read, with its
/// size; its error ends the walk. Blocks.
Result<> check_blob_file(const RandomReadFile& file, BlobId id,
                         const std::function<Result<>(std::uint64_t bytes)>& before_each);

}  // namespace dyad::blob
