#include "blob/rados/blob_directory.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "base/log.h"

namespace dyad::blob {
namespace {

using store::rados::buffer_of;
using store::rados::Cluster;
using store::rados::Ownership;

constexpr std::uint64_t kShelfBits = 12;
constexpr std::uint64_t kKeysAtOnce = 512;

/// First bytes of the first object's keys.
constexpr char kBlock = 'b';   ///< A block of ids, some of them perhaps pending.
constexpr char kErased = 'e';  ///< A blob whose pieces are still to go.

std::string key_of(char kind, std::uint64_t id) {
  std::string key(1, kind);
  append_be64(key, id);
  return key;
}

std::uint64_t id_of(std::string_view key) {
  return key.size() == 1 + sizeof(std::uint64_t) ? load_be64(key.data() + 1) : 0;
}

Result<> gone_or(const Result<>& result) {
  if (!result && result.error().code == ErrorCode::not_found) return {};
  return result;
}

Result<std::vector<std::uint64_t>> ids_of_kind(Cluster& cluster, const std::string& object,
                                               char kind) {
  std::vector<std::uint64_t> ids;
  std::string after;
  bool more = true;
  while (more) {
    std::map<std::string, librados::bufferlist> found;
    int code = 0;
    librados::ObjectReadOperation operation;
    operation.omap_get_vals2(after, std::string(1, kind), kKeysAtOnce, &found, &more, &code);
    DYAD_TRY(cluster.read(object, std::move(operation)));
    for (const auto& [key, value] : found) ids.push_back(id_of(key));
    if (found.empty()) break;
    after = found.rbegin()->first;
  }
  return ids;
}

}  // namespace

Result<std::unique_ptr<BlobDirectory>> BlobDirectory::open(std::shared_ptr<Cluster> cluster,
                                                           std::string name, bool take_over) {
  std::unique_ptr<BlobDirectory> opened(new BlobDirectory(std::move(cluster), std::move(name)));
  DYAD_TRY_ASSIGN(opened->ownership_,
                  Ownership::take(*opened->cluster_, opened->first_object(), take_over));
  DYAD_TRY(opened->recover());
  return opened;
}

BlobDirectory::~BlobDirectory() {
  if (!ownership_) return;
  const Result<> released = ownership_->release();
  if (!released) log::info("the blobs were not released", "error={}", released.error().to_string());
}

Result<> BlobDirectory::recover() {
  DYAD_TRY_ASSIGN(const auto blocks, ids_of_kind(*cluster_, first_object(), kBlock));
  for (const std::uint64_t first : blocks) {
    next_ = std::max(next_, first + kBlockIds);
    open_blocks_[first] = kBlockIds;
    for (std::uint64_t id = first; id < first + kBlockIds; ++id) former_.emplace_back(id);
  }
  reserved_end_ = next_;
  DYAD_TRY_ASSIGN(const auto erased, ids_of_kind(*cluster_, first_object(), kErased));
  for (const std::uint64_t id : erased) DYAD_TRY(finish_erasing(BlobId(id)));
  return {};
}

std::string BlobDirectory::piece(BlobId id, std::uint64_t number) const {
  return fmt::format("{}.blob.{:016x}.{:08x}", name_, id.value(), number);
}

std::string BlobDirectory::shelf(BlobId id) const {
  return fmt::format("{}.blobs.{:016x}", name_, id.value() >> kShelfBits);
}

std::string BlobDirectory::shelf_key(BlobId id) {
  return key_of('f', id.value());
}

std::vector<BlobId> BlobDirectory::former() const {
  const std::lock_guard lock(mutex_);
  return former_;
}

void BlobDirectory::forget_former() {
  const std::lock_guard lock(mutex_);
  for (const BlobId id : std::exchange(former_, {})) {
    const std::uint64_t first = id.value() - (id.value() - 1) % kBlockIds;
    open_blocks_.erase(first);
    closed_blocks_.insert(first);
  }
}

Result<> BlobDirectory::reserve() {
  librados::ObjectWriteOperation operation = ownership_->guarded();
  std::set<std::string> forgotten;
  {
    const std::lock_guard lock(mutex_);
    // Not before there is a younger one: the youngest tells which ids were given out.
    for (const std::uint64_t first : std::exchange(closed_blocks_, {})) {
      forgotten.insert(key_of(kBlock, first));
    }
    open_blocks_[reserved_end_] = kBlockIds;
  }
  std::map<std::string, librados::bufferlist> block;
  block.emplace(key_of(kBlock, reserved_end_), buffer_of("1"));
  operation.omap_set(block);
  if (!forgotten.empty()) operation.omap_rm_keys(forgotten);
  DYAD_TRY(cluster_->write(first_object(), std::move(operation)));
  reserved_end_ += kBlockIds;
  return {};
}

Result<BlobId> BlobDirectory::take() {
  const std::lock_guard lock(take_mutex_);
  if (next_ == reserved_end_) DYAD_TRY(reserve());
  return BlobId(next_++);
}

void BlobDirectory::settled(BlobId id) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t first = id.value() - (id.value() - 1) % kBlockIds;
  const auto block = open_blocks_.find(first);
  if (block == open_blocks_.end() || --block->second > 0) return;
  open_blocks_.erase(block);
  closed_blocks_.insert(first);
}

Result<> BlobDirectory::erase(const std::vector<BlobId>& ids) {
  if (ids.empty()) return {};
  std::map<std::string, librados::bufferlist> marks;
  std::map<std::string, std::set<std::string>> shelves;
  for (const BlobId id : ids) {
    marks.emplace(key_of(kErased, id.value()), buffer_of("1"));
    shelves[shelf(id)].insert(shelf_key(id));
  }
  librados::ObjectWriteOperation operation = ownership_->guarded();
  operation.omap_set(marks);
  DYAD_TRY(cluster_->write(first_object(), std::move(operation)));
  for (const auto& [object, keys] : shelves) {
    librados::ObjectWriteOperation off;
    off.omap_rm_keys(keys);
    DYAD_TRY(gone_or(cluster_->write(object, std::move(off))));
  }
  for (const BlobId id : ids) {
    {
      const std::lock_guard lock(mutex_);
      if (readers_.contains(id)) {
        doomed_.insert(id);
        continue;
      }
    }
    DYAD_TRY(finish_erasing(id));
  }
  return {};
}

// From the last piece to the first: as long as one is there, the first is.
Result<> BlobDirectory::remove_pieces(BlobId id) {
  std::uint64_t count = 0;
  while (true) {
    librados::ObjectReadOperation look;
    look.assert_exists();
    const Result<> there = cluster_->read(piece(id, count), std::move(look));
    if (!there && there.error().code == ErrorCode::not_found) break;
    DYAD_TRY(there);
    ++count;
  }
  while (count > 0) DYAD_TRY(gone_or(cluster_->remove(piece(id, --count))));
  return {};
}

Result<> BlobDirectory::finish_erasing(BlobId id) {
  DYAD_TRY(remove_pieces(id));
  librados::ObjectWriteOperation forget = ownership_->guarded();
  forget.omap_rm_keys({key_of(kErased, id.value())});
  return cluster_->write(first_object(), std::move(forget));
}

Result<std::vector<BlobId>> BlobDirectory::list(BlobId after, std::size_t limit) {
  std::vector<BlobId> ids;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(take_mutex_);
    end = next_;
  }
  BlobId last = after;
  while (last.value() + 1 < end && ids.size() < limit) {
    std::map<std::string, librados::bufferlist> found;
    bool more = false;
    int code = 0;
    librados::ObjectReadOperation operation;
    operation.omap_get_vals2(shelf_key(last), limit - ids.size(), &found, &more, &code);
    const BlobId next(last.value() + 1);
    const Result<> read = cluster_->read(shelf(next), std::move(operation));
    if (!read && read.error().code != ErrorCode::not_found) return fail(read.error());
    for (const auto& [name, value] : found) ids.emplace_back(id_of(name));
    // Where it goes on: behind the last one found, or before the next shelf's first.
    last = more ? ids.back() : BlobId((((next.value() >> kShelfBits) + 1) << kShelfBits) - 1);
  }
  return ids;
}

bool BlobDirectory::begin_reading(BlobId id) {
  const std::lock_guard lock(mutex_);
  if (doomed_.contains(id)) return false;
  ++readers_[id];
  return true;
}

bool BlobDirectory::end_reading(BlobId id) {
  const std::lock_guard lock(mutex_);
  const auto reader = readers_.find(id);
  if (--reader->second > 0) return false;
  readers_.erase(reader);
  return doomed_.erase(id) > 0;
}

}  // namespace dyad::blob
