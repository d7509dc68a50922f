#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/files.h"

namespace dyad::blob {

/// Hands out blob ids from blocks that are reserved on disk before their first id is used. So the
/// blobs that a crash may have left pending are among the ids of the open blocks: a short list,
/// found without reading directories, at the price of one small durable write for every kBlockIds
/// blobs. Thread-safe. take() and open() may block; settled() never does.
class IdBlocks {
 public:
  static constexpr std::uint64_t kBlockIds = 256;

  IdBlocks(Files& files, std::string path) : files_(files), path_(std::move(path)) {}

  /// Reads the list. The ids that may be pending from before: those of its open blocks.
  Result<std::vector<BlobId>> open();
  /// Every pending id of open() is settled; their blocks are forgotten at the next write of the
  /// list.
  void forget_former();

  Result<BlobId> take();
  /// The list as it is on disk; none: no block was reserved yet.
  Result<std::optional<std::string>> stored_list();

  /// No longer pending, whatever became of it.
  void settled(BlobId id);

 private:
  std::string make_list(std::uint64_t first);

  Files& files_;
  const std::string path_;

  std::mutex take_mutex_;           ///< Held over the durable write; guards the next two.
  std::uint64_t next_ = 1;          ///< The next id to hand out.
  std::uint64_t reserved_end_ = 1;  ///< The first id of no block.

  std::mutex mutex_;                             ///< Never held over a file operation.
  std::map<std::uint64_t, std::uint64_t> open_;  ///< First id of a block -> how many are unsettled.
  std::set<std::uint64_t> former_;               ///< First ids of a former process's open blocks.
};

}  // namespace dyad::blob
