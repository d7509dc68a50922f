#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/files.h"

namespace dyad::blob {

// Blobs as files: `directory`/<id / 4,096>/<id>, both in hexadecimal.

std::string blob_path(const std::string& directory, BlobId id);
/// The directory that file is in.
std::string blob_subdirectory(const std::string& directory, BlobId id);

/// The blobs after `after`, in their order; at most `limit`. corruption: a file that is no blob.
/// Blocking.
Result<std::vector<BlobId>> list_blob_files(Files& files, const std::string& directory,
                                            BlobId after, std::size_t limit);

/// Durable, and so also where a file is gone already: an earlier try may have failed in between.
/// One sync for each subdirectory. The subdirectory stays when its last blob goes: there is one for
/// 4,096 blobs. Blocking.
Result<> erase_blob_files(Files& files, const std::string& directory,
                          const std::vector<BlobId>& ids);

}  // namespace dyad::blob
