#include "blob/file_blob_store.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "blob/blob_files.h"
#include "blob/file_blob_reader.h"
#include "blob/file_blob_writer.h"
#include "blob/frame.h"
#include "blob/id_blocks.h"

namespace dyad::blob {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class FileBlobStore final : public BlobStore {
 public:
  FileBlobStore(Runtime& runtime, std::string directory, std::shared_ptr<DiskSpace> space)
      : runtime_(runtime),
        blobs_(std::make_shared<FileBlobs>(runtime, std::move(directory), std::move(space))) {}

  Result<> start() {
    DYAD_TRY(runtime_.files().make_directory(blobs_->directory));
    // Its name too: without it a crash takes all blobs at once, the durable ones among them.
    const Result<> named = runtime_.files().sync_directory(parent_of(blobs_->directory));
    if (!named && named.error().code != ErrorCode::not_found) return named;
    DYAD_TRY_ASSIGN(const std::vector<BlobId> maybe, blobs_->ids.open());
    for (const BlobId id : maybe) {
      const Result<FileInfo> info = runtime_.files().info(blob_path(blobs_->directory, id));
      if (!info && info.error().code == ErrorCode::not_found) continue;
      DYAD_TRY(info);
      DYAD_TRY(note_pending(id));
    }
    if (pending_.empty()) blobs_->ids.forget_former();
    return {};
  }

  Result<> admit(std::uint64_t bytes) override {
    return blobs_->space ? blobs_->space->fits(bytes) : Result<>();
  }

  Task<Result<std::unique_ptr<BlobWriter>>> create(
      std::string owner, std::optional<std::uint64_t> expected_bytes) override {
    DYAD_CHECK(owner.size() <= kMaxOwnerBytes);
    DYAD_CO_TRY(admit(expected_bytes.value_or(0)));
    const bool is_long = expected_bytes.value_or(0) >= kLongBlobBytes;
    const auto make = [this, &owner, is_long]() -> Result<std::unique_ptr<BlobWriter>> {
      DYAD_TRY_ASSIGN(const BlobId id, blobs_->ids.take());
      DYAD_TRY(ensure_subdirectory(id));
      return create_file_blob(blobs_, id, owner, is_long);
    };
    co_return co_await runtime_.workers().run(make);
  }

  Task<Result<std::unique_ptr<BlobReader>>> open(BlobId id) override {
    const auto work = [this, id]() -> Result<std::unique_ptr<BlobReader>> {
      DYAD_TRY_ASSIGN(std::unique_ptr<RandomReadFile> file,
                      runtime_.files().open_read(blob_path(blobs_->directory, id)));
      return open_file_blob(runtime_, id, std::move(file));
    };
    co_return co_await runtime_.workers().run(work);
  }

  Task<Result<>> erase(std::vector<BlobId> ids) override {
    const auto work = [this, &ids] {
      return erase_blob_files(runtime_.files(), blobs_->directory, ids);
    };
    co_return co_await runtime_.workers().run(work);
  }

  Task<Result<>> settled(BlobId id, bool named) override {
    if (!named) {
      std::vector<BlobId> gone(1, id);
      DYAD_CO_TRY(co_await erase(std::move(gone)));
    }
    const std::lock_guard lock(mutex_);
    const auto former = std::find_if(pending_.begin(), pending_.end(),
                                     [&](const PendingBlob& blob) { return blob.id == id; });
    if (former == pending_.end()) {
      blobs_->ids.settled(id);
    } else {
      pending_.erase(former);
      if (pending_.empty()) blobs_->ids.forget_former();
    }
    co_return Result<>();
  }

  Task<Result<std::vector<PendingBlob>>> pending_at_start() override {
    const std::lock_guard lock(mutex_);
    co_return pending_;
  }

  Task<Result<std::vector<BlobId>>> list(BlobId after, std::size_t limit) override {
    const auto work = [this, after, limit] {
      return list_blob_files(runtime_.files(), blobs_->directory, after, limit);
    };
    co_return co_await runtime_.workers().run(work);
  }

  Result<HeldFile> file_of(BlobId id) override {
    HeldFile file;
    file.path = blob_path(blobs_->directory, id);
    file.name = file.path.substr(blobs_->directory.size() + 1);
    DYAD_TRY_ASSIGN(const FileInfo info, runtime_.files().info(file.path));
    file.size_bytes = file.padded_bytes = info.size_bytes;
    file.immutable = true;
    return file;
  }

  Result<std::vector<HeldFile>> files_beside_blobs() override {
    DYAD_TRY_ASSIGN(std::optional<std::string> list, blobs_->ids.stored_list());
    std::vector<HeldFile> files;
    if (list) files.push_back(held_content("reserved", std::move(*list)));
    return files;
  }

 private:
  /// Whose blob it is stands in the header; whether its frames are whole is for its readers to
  /// find. A blob whose header never got whole was never finished: nothing can name it. One that
  /// was finished has lost its header since, and may well be named: it stays as it is.
  Result<> note_pending(BlobId id) {
    DYAD_TRY_ASSIGN(const std::unique_ptr<RandomReadFile> file,
                    runtime_.files().open_read(blob_path(blobs_->directory, id)));
    Result<std::string> owner = read_owner(id, *file);
    if (owner) {
      pending_.push_back({id, std::move(*owner)});
      return {};
    }
    if (owner.error().code != ErrorCode::corruption) return fail(std::move(owner).error());
    DYAD_TRY_ASSIGN(const bool finished, has_last_frame(id, *file));
    if (finished) {
      // Or power went while it was written, and its end came to the disk before its beginning. The
      // rows know.
      log::warning("a blob without its header", "blob={} reason=\"{}\"", id.value(),
                   owner.error().message);
      pending_.push_back({id, {}});
      return {};
    }
    log::info("erasing an unfinished blob", "blob={} reason=\"{}\"", id.value(),
              owner.error().message);
    return erase_blob_files(runtime_.files(), blobs_->directory, std::vector<BlobId>(1, id));
  }

  /// Does the file end with a whole frame that says it is the last?
  static Result<bool> has_last_frame(BlobId id, const RandomReadFile& file) {
    DYAD_TRY_ASSIGN(const std::uint64_t file_bytes, file.size_bytes());
    const Result<std::uint64_t> size_bytes = payload_bytes_of_file(id, file_bytes);
    if (!size_bytes) return false;
    const std::uint32_t index = frame_count(*size_bytes) - 1;
    const std::uint64_t frame_at = kHeaderBytes + std::uint64_t{index} * kFrameBytes;
    std::string frame(static_cast<std::size_t>(file_bytes - frame_at), '\0');
    DYAD_TRY_ASSIGN(const std::size_t got,
                    file.read_at(frame_at, std::span<char>(frame.data(), frame.size())));
    frame.resize(got);
    return parse_frame(id, index, true, frame).has_value();
  }

  /// Made durable before the first blob in it can be named.
  Result<> ensure_subdirectory(BlobId id) {
    const std::lock_guard lock(subdirectory_mutex_);
    std::string path = blob_subdirectory(blobs_->directory, id);
    if (path == subdirectory_made_) return {};
    DYAD_TRY(runtime_.files().make_directory(path));
    DYAD_TRY(runtime_.files().sync_directory(blobs_->directory));
    subdirectory_made_ = std::move(path);
    return {};
  }

  Runtime& runtime_;
  const std::shared_ptr<FileBlobs> blobs_;
  std::mutex mutex_;  ///< Guards pending_; never held over a file operation.
  std::vector<PendingBlob> pending_;
  std::mutex subdirectory_mutex_;
  std::string subdirectory_made_;  ///< The last one; empty: none yet.
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_blob_store(Runtime& runtime, std::string directory,
                                                        std::shared_ptr<DiskSpace> space) {
  auto store = std::make_unique<FileBlobStore>(runtime, std::move(directory), std::move(space));
  DYAD_TRY(store->start());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace dyad::blob
