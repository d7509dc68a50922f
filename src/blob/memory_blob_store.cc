#include "blob/memory_blob_store.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

namespace dyad::blob {
namespace {

struct Blob {
  std::string owner;
  std::string bytes;
};

class MemoryBlobStore final : public BlobStore {
 public:
  Task<Result<std::unique_ptr<BlobWriter>>> create(std::string owner,
                                                   std::optional<std::uint64_t>) override {
    const std::lock_guard lock(mutex_);
    co_return std::make_unique<Writer>(*this, BlobId(next_++), std::move(owner));
  }

  Task<Result<std::unique_ptr<BlobReader>>> open(BlobId id) override {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(id);
    if (found == blobs_.end())
      co_return fail(ErrorCode::not_found, "there is no blob " + std::to_string(id.value()));
    co_return std::make_unique<Reader>(found->second);
  }

  Task<Result<>> erase(std::vector<BlobId> ids) override {
    const std::lock_guard lock(mutex_);
    for (const BlobId id : ids) blobs_.erase(id);
    co_return Result<>();
  }

  Task<Result<>> settled(BlobId id, bool named) override {
    const std::lock_guard lock(mutex_);
    if (!named) blobs_.erase(id);
    co_return Result<>();
  }

  Task<Result<std::vector<PendingBlob>>> pending_at_start() override {
    co_return std::vector<PendingBlob>();
  }

  Task<Result<std::vector<BlobId>>> list(BlobId after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<BlobId> ids;
    for (auto it = blobs_.upper_bound(after); it != blobs_.end() && ids.size() < limit; ++it)
      ids.push_back(it->first);
    co_return ids;
  }

 private:
  class Writer final : public BlobWriter {
   public:
    Writer(MemoryBlobStore& store, BlobId id, std::string owner)
        : store_(store), id_(id), blob_(std::make_shared<Blob>()) {
      blob_->owner = std::move(owner);
    }
    BlobId id() const override { return id_; }
    std::uint64_t size_bytes() const override { return blob_->bytes.size(); }
    Task<Result<>> write(std::span<const char> bytes) override {
      blob_->bytes.append(bytes.data(), bytes.size());
      co_return Result<>();
    }
    Task<Result<>> finish() override {
      const std::lock_guard lock(store_.mutex_);
      store_.blobs_[id_] = blob_;
      co_return Result<>();
    }

   private:
    MemoryBlobStore& store_;
    const BlobId id_;
    std::shared_ptr<Blob> blob_;
  };

  class Reader final : public BlobReader {
   public:
    explicit Reader(std::shared_ptr<const Blob> blob) : blob_(std::move(blob)) {}
    std::uint64_t size_bytes() const override { return blob_->bytes.size(); }
    std::string_view owner() const override { return blob_->owner; }
    Task<Result<std::size_t>> read_at(std::uint64_t offset, std::span<char> out) override {
      const std::string& bytes = blob_->bytes;
      if (offset >= bytes.size()) co_return std::size_t{0};
      const std::size_t count = std::min<std::uint64_t>(out.size(), bytes.size() - offset);
      std::memcpy(out.data(), bytes.data() + offset, count);
      co_return count;
    }

   private:
    const std::shared_ptr<const Blob> blob_;
  };

  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<BlobId, std::shared_ptr<const Blob>> blobs_;
};

}  // namespace

std::unique_ptr<BlobStore> make_memory_blob_store() {
  return std::make_unique<MemoryBlobStore>();
}

}  // namespace dyad::blob
