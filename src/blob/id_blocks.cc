#include "blob/id_blocks.h"

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::blob {
namespace {

// The list: "DYADIDS1" | first unreserved id u64 | count u32 | first id of each open block u64 |
// hash of all before u64.
constexpr std::string_view kMagic = "DYADIDS1";
constexpr std::size_t kMaxListBytes = 1u << 20;

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3ull;
  return hash;
}

}  // namespace

Result<std::vector<BlobId>> IdBlocks::open() {
  const std::lock_guard lock(mutex_);
  Result<std::string> list = read_file(files_, path_, kMaxListBytes);
  if (!list) {
    if (list.error().code == ErrorCode::not_found) return std::vector<BlobId>();
    return fail(std::move(list).error());
  }
  const auto damaged = [&] {
    return fail(ErrorCode::corruption, path_ + ": the list of reserved blob ids is damaged");
  };
  if (list->size() < kMagic.size() + 20 || !list->starts_with(kMagic)) return damaged();
  const std::string_view covered = std::string_view(*list).substr(0, list->size() - 8);
  if (load_le<std::uint64_t>(list->data() + covered.size()) != fnv1a(covered)) return damaged();
  ByteReader reader(covered.substr(kMagic.size()));
  reserved_end_ = next_ = reader.le64();
  std::vector<BlobId> maybe_pending;
  for (std::uint32_t count = reader.le32(); count > 0 && reader.ok(); --count) {
    const std::uint64_t first = reader.le64();
    former_.insert(first);
    for (std::uint64_t i = 0; i < kBlockIds; ++i) maybe_pending.push_back(BlobId(first + i));
  }
  if (!reader.ok() || !reader.at_end()) return damaged();
  return maybe_pending;
}

Result<std::optional<std::string>> IdBlocks::stored_list() {
  Result<std::string> list = read_file(files_, path_, kMaxListBytes);
  if (list) return std::optional<std::string>(std::move(*list));
  if (list.error().code == ErrorCode::not_found) return std::optional<std::string>();
  return fail(std::move(list).error());
}

void IdBlocks::forget_former() {
  const std::lock_guard lock(mutex_);
  former_.clear();
}

/// The list with a block that begins at `first` added; blocks that are done are dropped from it.
std::string IdBlocks::make_list(std::uint64_t first) {
  std::erase_if(open_, [](const auto& entry) { return entry.second == 0; });
  std::string list(kMagic);
  append_le64(list, first + kBlockIds);
  append_le32(list, static_cast<std::uint32_t>(open_.size() + former_.size() + 1));
  for (const auto& [block, unsettled] : open_) append_le64(list, block);
  for (const std::uint64_t block : former_) append_le64(list, block);
  append_le64(list, first);
  append_le64(list, fnv1a(list));
  return list;
}

Result<BlobId> IdBlocks::take() {
  const std::lock_guard taking(take_mutex_);
  if (next_ == reserved_end_) {
    const std::uint64_t first = reserved_end_;
    std::string list;
    {
      const std::lock_guard lock(mutex_);
      list = make_list(first);
    }
    if (list.size() > kMaxListBytes)
      return fail(ErrorCode::overloaded, "too many blobs are under way");
    DYAD_TRY(write_file(files_, path_, list));
    const std::lock_guard lock(mutex_);
    open_[first] = kBlockIds;
    reserved_end_ = first + kBlockIds;
  }
  return BlobId(next_++);
}

void IdBlocks::settled(BlobId id) {
  const std::lock_guard lock(mutex_);
  auto block = open_.upper_bound(id.value());
  if (block == open_.begin()) return;  // A former process's.
  --block;
  if (id.value() >= block->first + kBlockIds) return;
  DYAD_CHECK(block->second > 0);
  --block->second;
}

}  // namespace dyad::blob
