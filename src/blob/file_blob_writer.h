#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "blob/blob_store.h"
#include "blob/id_blocks.h"
#include "runtime/disk_space.h"
#include "runtime/runtime.h"

namespace dyad::blob {

/// What the writers of a FileBlobStore share with it, and may outlive it by.
struct FileBlobs {
  FileBlobs(Runtime& blobs_runtime, std::string blobs_directory,
            std::shared_ptr<DiskSpace> disk_space)
      : runtime(blobs_runtime),
        directory(std::move(blobs_directory)),
        space(std::move(disk_space)),
        ids(runtime.files(), directory + "/reserved") {}

  Runtime& runtime;
  const std::string directory;
  const std::shared_ptr<DiskSpace> space;  ///< None: nobody counts.
  IdBlocks ids;
};

/// A new blob, whose subdirectory is there. `is_long`: it will have kLongBlobBytes and more, and
/// goes past the page cache. Given up before it is finished, it is erased. Blocking.
Result<std::unique_ptr<BlobWriter>> create_file_blob(std::shared_ptr<FileBlobs> blobs, BlobId id,
                                                     std::string_view owner, bool is_long);

}  // namespace dyad::blob
