#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/disk_space.h"
#include "runtime/runtime.h"

namespace dyad::blob {

/// Blobs as files in `directory`, 4,096 to a subdirectory, through Runtime::files() on the worker
/// pool. Makes the directory where it is missing. Blocking: call it before the server takes
/// requests. `space`: what may be written to this disk (no_space); none: all there is.
Result<std::unique_ptr<BlobStore>> open_file_blob_store(Runtime& runtime, std::string directory,
                                                        std::shared_ptr<DiskSpace> space = nullptr);

}  // namespace dyad::blob
