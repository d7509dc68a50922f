#include "blob/rados/rados_blob_store.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "blob/frame.h"
#include "blob/rados/blob_directory.h"

namespace dyad::blob {
namespace {

using store::rados::buffer_of;
using store::rados::Cluster;

/// On a blob's first piece, set last of all: its size. A blob without it was never finished.
constexpr const char* kSizeAttribute = "dyad.size";
constexpr std::uint64_t kPieceFrames = BlobDirectory::kFramesAPiece;
/// Frames that a reader fetches at once.
constexpr std::uint64_t kFramesAtOnce = 8;

/// Where a frame's bytes lie in its piece.
std::uint64_t offset_of(std::uint64_t frame) {
  const std::uint64_t header = frame < kPieceFrames ? kHeaderBytes : 0;
  return header + (frame % kPieceFrames) * kFrameBytes;
}

std::string encode_size(std::uint64_t size) {
  std::string out;
  append_le64(out, size);
  return out;
}

class RadosBlobWriter final : public BlobWriter {
 public:
  RadosBlobWriter(Runtime& runtime, std::shared_ptr<BlobDirectory> directory, BlobId id,
                  std::string_view owner)
      : runtime_(runtime),
        directory_(std::move(directory)),
        id_(id),
        piece_(make_header(id, owner)) {
    payload_.reserve(kFramePayloadBytes);
  }

  ~RadosBlobWriter() override {
    if (finished_) return;
    // Given up: nothing names the bytes. What fails here stays among what the next start looks at.
    const auto give_up = [directory = directory_, id = id_] {
      // A piece that is under way would come back behind its removal.
      directory->cluster().pool().aio_flush();
      if (directory->erase({id})) directory->settled(id);
    };
    if (!runtime_.workers().submit(give_up))
      log::info("an unfinished blob stays until the next start", "blob={}", id_.value());
  }

  BlobId id() const override { return id_; }
  std::uint64_t size_bytes() const override { return size_bytes_; }

  Task<Result<>> write(std::span<const char> bytes) override {
    if (broken_) co_return broken();
    if (size_bytes_ + bytes.size() > kMaxBlobBytes)
      co_return fail(ErrorCode::too_large,
                     "a blob has at most " + std::to_string(kMaxBlobBytes) + " bytes");
    while (!bytes.empty()) {
      // The last frame must say that it is the last: a full one goes out when more follows.
      if (payload_.size() == kFramePayloadBytes) DYAD_CO_TRY(co_await end_frame());
      const std::size_t taken = std::min(bytes.size(), kFramePayloadBytes - payload_.size());
      payload_.append(bytes.data(), taken);
      size_bytes_ += taken;
      bytes = bytes.subspan(taken);
    }
    co_return Result<>();
  }

  Task<Result<>> finish() override {
    if (broken_) co_return broken();
    append_frame(piece_, id_, frame_, true, payload_);
    Result<> done = co_await finish_pieces();
    finished_ = done.has_value();
    broken_ = !finished_;
    co_return done;
  }

 private:
  static std::unexpected<Error> broken() {
    return fail(ErrorCode::io_error, "an earlier write of this blob failed");
  }

  Task<Result<>> end_frame() {
    append_frame(piece_, id_, frame_++, false, payload_);
    payload_.clear();
    if (frame_ % kPieceFrames != 0) co_return Result<>();
    librados::ObjectWriteOperation operation;
    operation.write_full(buffer_of(piece_));
    piece_.clear();
    // One piece is under way while the next one is filled.
    const Result<> before = co_await last_piece();
    under_way_ =
        directory_->cluster().begin_write(directory_->piece(id_, pieces_++), std::move(operation));
    broken_ = !before;
    co_return before;
  }

  Task<Result<>> last_piece() {
    if (!under_way_) co_return Result<>();
    const std::unique_ptr<Cluster::Begun> one = std::move(under_way_);
    co_return co_await one->done();
  }

  /// The last piece, and the row by which it is listed, at once; then, of a blob of several pieces,
  /// the size that says that all of them are there.
  Task<Result<>> finish_pieces() {
    Cluster& cluster = directory_->cluster();
    librados::ObjectWriteOperation last;
    last.write_full(buffer_of(piece_));
    if (pieces_ == 0) last.setxattr(kSizeAttribute, buffer_of(encode_size(size_bytes_)));
    const auto piece = cluster.begin_write(directory_->piece(id_, pieces_), std::move(last));
    std::map<std::string, librados::bufferlist> row;
    row.emplace(BlobDirectory::shelf_key(id_), buffer_of("1"));
    librados::ObjectWriteOperation shelve;
    shelve.omap_set(row);
    const auto listed = cluster.begin_write(directory_->shelf(id_), std::move(shelve));
    const Result<> before = co_await last_piece();
    const Result<> written = co_await piece->done();
    const Result<> shelved = co_await listed->done();
    DYAD_CO_TRY(before);
    DYAD_CO_TRY(written);
    DYAD_CO_TRY(shelved);
    if (pieces_ == 0) co_return Result<>();
    librados::ObjectWriteOperation whole;
    whole.assert_exists();
    whole.setxattr(kSizeAttribute, buffer_of(encode_size(size_bytes_)));
    co_return co_await cluster.write_later(directory_->piece(id_, 0), std::move(whole));
  }

  Runtime& runtime_;
  const std::shared_ptr<BlobDirectory> directory_;
  const BlobId id_;
  std::string piece_;    ///< Of the frames that are whole.
  std::string payload_;  ///< Of the frame that is not.
  std::uint32_t frame_ = 0;
  std::uint64_t pieces_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::unique_ptr<Cluster::Begun> under_way_;
  bool finished_ = false;
  bool broken_ = false;
};

class RadosBlobReader final : public BlobReader {
 public:
  RadosBlobReader(Runtime& runtime, std::shared_ptr<BlobDirectory> directory, BlobId id,
                  std::string owner, std::uint64_t size_bytes)
      : runtime_(runtime),
        directory_(std::move(directory)),
        id_(id),
        owner_(std::move(owner)),
        size_bytes_(size_bytes) {}

  ~RadosBlobReader() override {
    if (!directory_->end_reading(id_)) return;
    const auto erase = [directory = directory_, id = id_] {
      (void)directory->finish_erasing(id);  // The next start does what fails here.
    };
    (void)runtime_.workers().submit(erase);
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::string_view owner() const override { return owner_; }

  Task<Result<std::size_t>> read_at(std::uint64_t offset, std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size() && offset + done < size_bytes_) {
      const std::uint64_t at = offset + done;
      const std::uint64_t frame = at / kFramePayloadBytes;
      const std::uint64_t last = (offset + out.size() - 1) / kFramePayloadBytes;
      if (!holds(frame)) DYAD_CO_TRY(co_await load(frame, last));
      const std::string_view payload = payloads_[frame - first_];
      const std::size_t inside = at % kFramePayloadBytes;
      const std::size_t taken = std::min(payload.size() - inside, out.size() - done);
      std::memcpy(out.data() + done, payload.data() + inside, taken);
      done += taken;
    }
    co_return done;
  }

 private:
  bool holds(std::uint64_t frame) const {
    return frame >= first_ && frame < first_ + payloads_.size();
  }

  /// From `frame` on, as many as lie in its piece and are asked for, at most kFramesAtOnce.
  Task<Result<>> load(std::uint64_t frame, std::uint64_t last_wanted) {
    payloads_.clear();
    first_ = frame;
    const std::uint64_t frames = frame_count(size_bytes_);
    const std::uint64_t end = std::min({frames, (frame / kPieceFrames + 1) * kPieceFrames,
                                        frame + kFramesAtOnce, std::max(frame, last_wanted) + 1});
    const std::uint64_t bytes = (end - frame) * kFrameBytes;
    std::string piece = directory_->piece(id_, frame / kPieceFrames);
    DYAD_CO_TRY_ASSIGN(bytes_, co_await directory_->cluster().read_bytes_later(
                                   std::move(piece), offset_of(frame), bytes));
    std::string_view rest = bytes_;
    for (std::uint64_t i = frame; i < end; ++i) {
      const std::string_view one = rest.substr(0, kFrameBytes);
      DYAD_CO_TRY_ASSIGN(const std::string_view payload,
                         parse_frame(id_, static_cast<std::uint32_t>(i), i + 1 == frames, one));
      payloads_.push_back(payload);
      rest.remove_prefix(one.size());
    }
    co_return Result<>();
  }

  Runtime& runtime_;
  const std::shared_ptr<BlobDirectory> directory_;
  const BlobId id_;
  const std::string owner_;
  const std::uint64_t size_bytes_;
  std::string bytes_;
  std::uint64_t first_ = 0;
  std::vector<std::string_view> payloads_;  ///< Into bytes_, of the frames from first_ on.
};

struct BlobHead {
  std::string owner;
  std::optional<std::uint64_t> size_bytes;  ///< None: never finished.
};

class RadosBlobStore final : public BlobStore {
 public:
  RadosBlobStore(Runtime& runtime, std::shared_ptr<BlobDirectory> directory)
      : runtime_(runtime), directory_(std::move(directory)) {}

  /// What the former owner left: finished blobs are for the caller to decide on, the rest goes.
  Result<> start() {
    std::set<BlobId> absent;
    for (const BlobId id : directory_->former()) {
      Result<BlobHead> head = read_head(id);
      if (!head && head.error().code == ErrorCode::not_found) {
        absent.insert(id);
        continue;
      }
      if (head && head->size_bytes) {
        pending_.push_back({id, std::move(head->owner)});
      } else {
        DYAD_TRY(directory_->erase({id}));
      }
    }
    DYAD_TRY(unlist(absent));
    if (pending_.empty()) directory_->forget_former();
    return {};
  }

  Task<Result<std::unique_ptr<BlobWriter>>> create(std::string owner,
                                                   std::optional<std::uint64_t>) override {
    DYAD_CHECK(owner.size() <= kMaxOwnerBytes);
    const auto take = [this] { return directory_->take(); };
    DYAD_CO_TRY_ASSIGN(const BlobId id, co_await runtime_.workers().run(take));
    co_return std::make_unique<RadosBlobWriter>(runtime_, directory_, id, owner);
  }

  Task<Result<std::unique_ptr<BlobReader>>> open(BlobId id) override {
    const auto work = [this, id]() -> Result<std::unique_ptr<BlobReader>> {
      if (!directory_->begin_reading(id)) return fail(not_there(id));
      Result<BlobHead> head = read_head(id);
      if (head && head->size_bytes) {
        return std::make_unique<RadosBlobReader>(runtime_, directory_, id, std::move(head->owner),
                                                 *head->size_bytes);
      }
      if (directory_->end_reading(id)) DYAD_TRY(directory_->finish_erasing(id));
      if (!head && head.error().code != ErrorCode::not_found) return fail(head.error());
      return fail(not_there(id));
    };
    co_return co_await runtime_.workers().run(work);
  }

  Task<Result<>> erase(std::vector<BlobId> ids) override {
    const auto work = [this, &ids] { return directory_->erase(ids); };
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
      directory_->settled(id);
    } else {
      pending_.erase(former);
      if (pending_.empty()) directory_->forget_former();
    }
    co_return Result<>();
  }

  Task<Result<std::vector<PendingBlob>>> pending_at_start() override {
    const std::lock_guard lock(mutex_);
    co_return pending_;
  }

  Task<Result<std::vector<BlobId>>> list(BlobId after, std::size_t limit) override {
    const auto work = [this, after, limit] { return directory_->list(after, limit); };
    co_return co_await runtime_.workers().run(work);
  }

 private:
  /// A blob's row is written beside its last piece: one of the two may be all there is.
  Result<> unlist(const std::set<BlobId>& absent) {
    if (absent.empty()) return {};
    DYAD_TRY_ASSIGN(const std::vector<BlobId> listed,
                    directory_->list(BlobId(absent.begin()->value() - 1), SIZE_MAX));
    std::vector<BlobId> gone;
    for (const BlobId id : listed) {
      if (absent.contains(id)) gone.push_back(id);
    }
    return directory_->erase(gone);
  }

  static Error not_there(BlobId id) {
    return Error(ErrorCode::not_found, "there is no blob " + std::to_string(id.value()));
  }

  Result<BlobHead> read_head(BlobId id) {
    librados::bufferlist bytes;
    librados::bufferlist size;
    int bytes_code = 0;
    int size_code = 0;
    librados::ObjectReadOperation operation;
    operation.read(0, kHeaderBytes, &bytes, &bytes_code);
    operation.getxattr(kSizeAttribute, &size, &size_code);
    operation.set_op_flags2(librados::OP_FAILOK);
    DYAD_TRY(directory_->cluster().read(directory_->piece(id, 0), std::move(operation)));
    BlobHead head;
    DYAD_TRY_ASSIGN(head.owner, parse_header(id, bytes.to_str()));
    if (size_code >= 0 && size.length() == sizeof(std::uint64_t)) {
      head.size_bytes = load_le<std::uint64_t>(size.to_str().data());
    }
    return head;
  }

  Runtime& runtime_;
  const std::shared_ptr<BlobDirectory> directory_;
  std::mutex mutex_;
  std::vector<PendingBlob> pending_;
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_rados_blob_store(Runtime& runtime,
                                                         std::shared_ptr<Cluster> cluster,
                                                         RadosBlobOptions options) {
  DYAD_TRY_ASSIGN(std::unique_ptr<BlobDirectory> directory,
                  BlobDirectory::open(std::move(cluster), options.name, options.take_over));
  auto store = std::make_unique<RadosBlobStore>(runtime, std::move(directory));
  DYAD_TRY(store->start());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace dyad::blob
