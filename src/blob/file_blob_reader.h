#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/files.h"
#include "runtime/runtime.h"

namespace dyad::blob {

/// The owner that a blob's file names. corruption: its header is not whole. Blocking.
Result<std::string> read_owner(BlobId id, const RandomReadFile& file);

/// Reads the blob in `file`, by `runtime`'s worker pool. corruption: it is none, or a part of one.
/// Blocking.
Result<std::unique_ptr<BlobReader>> open_file_blob(Runtime& runtime, BlobId id,
                                                   std::unique_ptr<RandomReadFile> file);

}  // namespace dyad::blob
