#include "blob/file_blob_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "blob/blob_files.h"
#include "blob/frame.h"
#include "blob/frame_buffer.h"

namespace dyad::blob {
namespace {

/// Hands the disk its work while the client still sends, so that finish() has little left to flush.
constexpr std::uint64_t kWritebackBytes = 8u << 20;

class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(std::shared_ptr<FileBlobs> blobs, BlobId id, std::unique_ptr<AppendFile> file)
      : blobs_(std::move(blobs)), id_(id), file_(std::move(file)) {
    payload_.reserve(kFramePayloadBytes);
  }

  ~FileBlobWriter() override {
    if (finished_) return;
    // Given up: nothing names the bytes. What fails here stays on the list of pending blobs.
    file_.reset();
    const auto give_up = [blobs = blobs_, id = id_] {
      std::vector<BlobId> one(1, id);
      if (erase_blob_files(blobs->runtime.files(), blobs->directory, one)) blobs->ids.settled(id);
    };
    if (!blobs_->runtime.workers().submit(give_up))
      log::info("an unfinished blob stays until the next start", "blob={}", id_.value());
  }

  BlobId id() const override { return id_; }
  std::uint64_t size_bytes() const override { return size_bytes_; }

  Task<Result<>> write(std::span<const char> bytes) override {
    DYAD_CO_TRY(check_room(bytes.size()));
    if (!bytes.empty()) more_promised_ = false;
    while (!bytes.empty()) {
      // A full frame goes out only when more follows: the last one must say that it is the last.
      if (payload_.size() == kFramePayloadBytes) DYAD_CO_TRY(co_await flush_frame(false));
      const std::size_t taken = std::min(bytes.size(), kFramePayloadBytes - payload_.size());
      payload_.append(bytes.data(), taken);
      size_bytes_ += taken;
      bytes = bytes.subspan(taken);
    }
    co_return Result<>();
  }

  Task<Result<>> write_frames(FrameBuffer& frames, bool more) override {
    if (!more || !frames.full() || !payload_.empty())
      co_return co_await BlobWriter::write_frames(frames, more);
    DYAD_CO_TRY(check_room(frames.size_bytes()));
    const auto append = [this, &frames]() -> Result<> {
      for (std::size_t i = 0; i < frames.frames(); ++i)
        seal_frame(frames.frame(i), id_, index_ + static_cast<std::uint32_t>(i), false);
      return append_sealed(frames.sealed());
    };
    Result<> appended = co_await blobs_->runtime.workers().run(append);
    broken_ = !appended;
    index_ += static_cast<std::uint32_t>(frames.frames());
    size_bytes_ += frames.size_bytes();
    more_promised_ = true;
    co_return appended;
  }

  Task<Result<>> finish() override {
    if (broken_) co_return broken();
    // The file would end with a frame that does not say it is the last.
    DYAD_CHECK(!more_promised_);
    DYAD_CO_TRY(co_await flush_frame(true));
    const auto make_durable = [this]() -> Result<> {
      DYAD_TRY(file_->sync());
      DYAD_TRY(file_->close());
      return blobs_->runtime.files().sync_directory(blob_subdirectory(blobs_->directory, id_));
    };
    Result<> durable = co_await blobs_->runtime.workers().run(make_durable);
    finished_ = durable.has_value();
    broken_ = !finished_;
    co_return durable;
  }

 private:
  static std::unexpected<Error> broken() {
    return fail(ErrorCode::io_error, "an earlier write of this blob failed");
  }

  Result<> check_room(std::size_t bytes) const {
    if (broken_) return broken();
    if (size_bytes_ + bytes > kMaxBlobBytes)
      return fail(ErrorCode::too_large,
                  "a blob has at most " + std::to_string(kMaxBlobBytes) + " bytes");
    return {};
  }

  /// On a worker.
  Result<> append_sealed(std::string_view frames) {
    if (blobs_->space) DYAD_TRY(blobs_->space->take(frames.size()));
    DYAD_TRY(file_->append(frames));
    const std::uint64_t written = file_->size_bytes();
    if (written - writeback_from_ >= kWritebackBytes) {
      file_->start_writeback(writeback_from_, written - writeback_from_);
      writeback_from_ = written;
    }
    return {};
  }

  Task<Result<>> flush_frame(bool last) {
    const auto append = [this, last]() -> Result<> {
      frame_.clear();
      append_frame(frame_, id_, index_, last, payload_);
      return append_sealed(frame_);
    };
    Result<> appended = co_await blobs_->runtime.workers().run(append);
    broken_ = !appended;
    ++index_;
    payload_.clear();
    co_return appended;
  }

  const std::shared_ptr<FileBlobs> blobs_;
  const BlobId id_;
  std::unique_ptr<AppendFile> file_;
  std::string payload_;
  std::string frame_;
  std::uint32_t index_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t writeback_from_ = 0;
  bool finished_ = false;
  bool broken_ = false;
  bool more_promised_ = false;
};

}  // namespace

Result<std::unique_ptr<BlobWriter>> create_file_blob(std::shared_ptr<FileBlobs> blobs, BlobId id,
                                                     std::string_view owner, bool is_long) {
  Files& files = blobs->runtime.files();
  const std::string path = blob_path(blobs->directory, id);
  DYAD_TRY_ASSIGN(std::unique_ptr<AppendFile> file,
                  is_long ? files.open_long(path, kLongBlobGatheredBytes)
                          : files.open_append(path, Files::Create::must_be_new));
  AppendFile& bytes = *file;
  // From here on the writer's destructor cleans up.
  auto writer = std::make_unique<FileBlobWriter>(std::move(blobs), id, std::move(file));
  DYAD_TRY(bytes.append(make_header(id, owner)));
  return std::unique_ptr<BlobWriter>(std::move(writer));
}

}  // namespace dyad::blob
