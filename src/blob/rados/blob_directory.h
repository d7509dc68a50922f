#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "blob/blob_store.h"
#include "store/rados/cluster.h"
#include "store/rados/ownership.h"

namespace dyad::blob {

/// Which blobs there are, and which ids were given out: omap keys of a first object, which also
/// says who the owner is, and of one object for every 4,096 blobs. Thread-safe. All calls but
/// take() and settled() block.
///
/// Ids come from blocks that are noted before their first id is used. So a blob costs no write of
/// its own to be found after a crash: what the open blocks name is looked at.
class BlobDirectory {
 public:
  static constexpr std::uint64_t kBlockIds = 256;
  /// Frames of a blob that lie in one object.
  static constexpr std::uint64_t kFramesAPiece = 32;

  static Result<std::unique_ptr<BlobDirectory>> open(std::shared_ptr<store::rados::Cluster> cluster,
                                                     std::string name, bool take_over);
  ~BlobDirectory();

  store::rados::Cluster& cluster() { return *cluster_; }
  std::string piece(BlobId id, std::uint64_t number) const;
  /// Where the row of a finished blob is.
  std::string shelf(BlobId id) const;
  static std::string shelf_key(BlobId id);

  Result<BlobId> take();
  void settled(BlobId id);
  /// Ids that a former owner may have left pending.
  std::vector<BlobId> former() const;
  /// All of them are settled.
  void forget_former();

  /// Durably on the way out; then its pieces go, or once nobody reads them any more.
  Result<> erase(const std::vector<BlobId>& ids);
  /// All of a blob's, however many there are.
  Result<> remove_pieces(BlobId id);
  Result<std::vector<BlobId>> list(BlobId after, std::size_t limit);

  /// For as long as somebody reads it a blob's pieces stay. False: it is on the way out.
  bool begin_reading(BlobId id);
  /// True: it was erased meanwhile, and the caller was the last: finish_erasing is to be called.
  bool end_reading(BlobId id);
  Result<> finish_erasing(BlobId id);

 private:
  BlobDirectory(std::shared_ptr<store::rados::Cluster> cluster, std::string name)
      : cluster_(std::move(cluster)), name_(std::move(name)) {}
  std::string first_object() const { return name_ + ".blobs"; }
  Result<> recover();
  Result<> reserve();

  const std::shared_ptr<store::rados::Cluster> cluster_;
  const std::string name_;
  std::unique_ptr<store::rados::Ownership> ownership_;

  std::mutex take_mutex_;  ///< Held over the write that reserves; guards the next two.
  std::uint64_t next_ = 1;
  std::uint64_t reserved_end_ = 1;

  mutable std::mutex mutex_;                            ///< Never held over an operation.
  std::map<std::uint64_t, std::uint64_t> open_blocks_;  ///< First id -> how many are unsettled.
  std::set<std::uint64_t> closed_blocks_;  ///< To be forgotten with the next reservation.
  std::vector<BlobId> former_;
  std::map<BlobId, int> readers_;
  std::set<BlobId> doomed_;
};

}  // namespace dyad::blob
