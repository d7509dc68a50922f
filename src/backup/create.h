#pragma once

#include <string>
#include <vector>

#include "backup/manifest.h"
#include "backup/tree_writer.h"
#include "backup/watch.h"
#include "blob/blob_store.h"
#include "runtime/runtime.h"
#include "runtime/task.h"
#include "store/store.h"
#include "table/read_pins.h"

namespace dyad::backup {

/// What is backed up. All of it outlives the backup.
struct Source {
  Runtime& runtime;
  store::Store& store;
  blob::BlobStore& blobs;
  table::ReadPins& pins;
  std::string data_directory;
  std::string store_name = "store";  ///< Under the data directory.
  std::string blobs_name = "blobs";
  /// Small files that go along where they are there, as they are when they are read.
  std::vector<std::string> beside = {};
  std::string server_version = {};
  std::uint64_t keep_free_bytes = 0;  ///< A backup that would leave less is not begun.
};

/// Makes a backup in `directory`, which is new or empty and whose parent is there. Blocks the
/// executor that it runs on. What failed or was cancelled is removed again; where it cannot be,
/// UNFINISHED says what it is. Errors: cancelled, no_space, corruption, io_error, overloaded.
Task<Result<Summary>> create_backup(Source source, std::string directory, Share share,
                                    Watch& watch);

}  // namespace dyad::backup
