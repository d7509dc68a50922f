#include "blob/file_blob_reader.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <utility>

#include "blob/frame.h"
#include "runtime/completion.h"

namespace dyad::blob {
namespace {

/// One frame of a blob, read and checked.
struct Frame {
  std::uint32_t index = 0;
  std::string bytes;
  std::string_view payload;  ///< Into `bytes`.
};

/// A blob's file as frames.
class FramedFile {
 public:
  FramedFile(BlobId id, std::unique_ptr<RandomReadFile> file, std::uint64_t size_bytes)
      : id_(id), file_(std::move(file)), size_bytes_(size_bytes) {}

  std::uint64_t size_bytes() const { return size_bytes_; }

  /// Into `frame`, whose memory is used again. `onward`: the next ones will be asked for. From any
  /// thread.
  Result<> load(std::uint32_t index, Frame& frame, bool onward) const {
    const std::uint64_t payload_at = std::uint64_t{index} * kFramePayloadBytes;
    const std::size_t length = static_cast<std::size_t>(
        std::min<std::uint64_t>(kFramePayloadBytes, size_bytes_ - payload_at));
    frame.index = index;
    frame.bytes.resize(kFrameHeaderBytes + length + kTagBytes);
    DYAD_TRY_ASSIGN(const std::size_t got,
                    read(kHeaderBytes + std::uint64_t{index} * kFrameBytes,
                         std::span<char>(frame.bytes.data(), frame.bytes.size()), onward));
    const bool last = index + 1 == frame_count(size_bytes_);
    DYAD_TRY_ASSIGN(frame.payload,
                    parse_frame(id_, index, last, std::string_view(frame.bytes).substr(0, got)));
    return {};
  }

 private:
  /// A disk that is asked for a frame at a time is slow: where one is not in memory, it is asked
  /// for what comes within kAskedAheadBytes, and again when less than half of that is left to read.
  Result<std::size_t> read(std::uint64_t offset, std::span<char> out, bool onward) const {
    if (!onward) return file_->read_at(offset, out);
    DYAD_TRY_ASSIGN(const std::optional<std::size_t> in_memory, file_->read_at_once(offset, out));
    if (in_memory) return *in_memory;
    const std::uint64_t asked_upto = asked_upto_.load(std::memory_order_relaxed);
    if (offset + kAskedAheadBytes / 2 > asked_upto) {
      const std::uint64_t from = std::max(offset, asked_upto);
      const std::uint64_t upto = offset + kAskedAheadBytes;
      file_->advise(from, upto - from, true);
      asked_upto_.store(upto, std::memory_order_relaxed);
    }
    return file_->read_at(offset, out);
  }

  static constexpr std::uint64_t kAskedAheadBytes = 8u << 20;

  const BlobId id_;
  const std::unique_ptr<RandomReadFile> file_;
  const std::uint64_t size_bytes_;
  /// Offset in the file up to which the disk was asked.
  mutable std::atomic<std::uint64_t> asked_upto_{0};
};

class FileBlobReader final : public BlobReader {
 public:
  FileBlobReader(Runtime& runtime, BlobId id, std::unique_ptr<RandomReadFile> file,
                 std::string owner, std::uint64_t size_bytes)
      : runtime_(runtime),
        file_(std::make_shared<FramedFile>(id, std::move(file), size_bytes)),
        owner_(std::move(owner)) {}

  std::uint64_t size_bytes() const override { return file_->size_bytes(); }
  std::string_view owner() const override { return owner_; }

  Task<Result<std::size_t>> read_at(std::uint64_t offset, std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size() && offset + done < size_bytes()) {
      const std::uint64_t at = offset + done;
      const auto index = static_cast<std::uint32_t>(at / kFramePayloadBytes);
      if (!loaded_ || current_.index != index) DYAD_CO_TRY(co_await go_to(index));
      const std::string_view payload = current_.payload;
      const std::size_t inside = at % kFramePayloadBytes;
      const std::size_t taken = std::min(payload.size() - inside, out.size() - done);
      std::memcpy(out.data() + done, payload.data() + inside, taken);
      done += taken;
    }
    co_return done;
  }

 private:
  /// A frame that a worker reads before anybody asks for it. Its job may outlive the reader.
  struct Ahead {
    Frame frame;
    Completion<Result<>> done;
  };

  Task<Result<>> go_to(std::uint32_t index) {
    const bool onward = loaded_ && index == current_.index + 1;
    loaded_ = false;
    const std::shared_ptr<Ahead> ahead = std::exchange(ahead_, nullptr);
    std::string spare;
    if (ahead != nullptr && ahead_index_ == index) {
      Completion<Result<>>& done = ahead->done;
      DYAD_CO_TRY(co_await done);
      // The view stays right: a frame's bytes are too many for a string's own place.
      std::swap(current_, ahead->frame);
      spare = std::move(ahead->frame.bytes);
    } else {
      const auto load = [this, index] { return file_->load(index, current_, false); };
      DYAD_CO_TRY(co_await runtime_.workers().run(load));
    }
    loaded_ = true;
    // Who took two frames in a row takes a third: it is read while they are sent.
    if (onward && index + 1 < frame_count(size_bytes())) read_ahead(index + 1, std::move(spare));
    co_return Result<>();
  }

  /// `spare`: memory to be used.
  void read_ahead(std::uint32_t index, std::string spare) {
    auto ahead = std::make_shared<Ahead>();
    ahead->frame.bytes = std::move(spare);
    const bool taken = runtime_.workers().submit(
        [file = file_, ahead, index] { ahead->done.set(file->load(index, ahead->frame, true)); });
    // A full pool: it is read when it is asked for.
    if (!taken) return;
    ahead_ = std::move(ahead);
    ahead_index_ = index;
  }

  Runtime& runtime_;
  const std::shared_ptr<const FramedFile> file_;
  const std::string owner_;
  Frame current_;
  bool loaded_ = false;  ///< current_ is a frame.
  std::shared_ptr<Ahead> ahead_;
  std::uint32_t ahead_index_ = 0;
};

}  // namespace

Result<std::string> read_owner(BlobId id, const RandomReadFile& file) {
  std::string header(kHeaderBytes, '\0');
  DYAD_TRY_ASSIGN(const std::size_t got,
                  file.read_at(0, std::span<char>(header.data(), header.size())));
  header.resize(got);
  return parse_header(id, header);
}

Result<std::unique_ptr<BlobReader>> open_file_blob(Runtime& runtime, BlobId id,
                                                   std::unique_ptr<RandomReadFile> file) {
  DYAD_TRY_ASSIGN(std::string owner, read_owner(id, *file));
  DYAD_TRY_ASSIGN(const std::uint64_t file_bytes, file->size_bytes());
  DYAD_TRY_ASSIGN(const std::uint64_t size_bytes, payload_bytes_of_file(id, file_bytes));
  return std::unique_ptr<BlobReader>(
      std::make_unique<FileBlobReader>(runtime, id, std::move(file), std::move(owner), size_bytes));
}

}  // namespace dyad::blob
