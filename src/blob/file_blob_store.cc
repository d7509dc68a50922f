#include "blob/file_blob_store.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "blob/frame.h"
#include "blob/frame_buffer.h"
#include "blob/id_blocks.h"
#include "runtime/completion.h"

namespace dyad::blob {
namespace {

constexpr std::uint64_t kBlobsPerDirectoryBits = 12;
/// Hands the disk its work while the client still sends, so that finish() has little left to flush.
constexpr std::uint64_t kWritebackBytes = 8u << 20;

std::string hex64(std::uint64_t value) {
  std::string bytes;
  append_be64(bytes, value);
  return to_hex(bytes);
}

std::string subdirectory(const std::string& directory, BlobId id) {
  return directory + "/" + hex64(id.value() >> kBlobsPerDirectoryBits);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> fine_if_not_there(Result<> done) {
  if (!done && done.error().code == ErrorCode::not_found) return {};
  return done;
}

/// Durable, and so also where a file is gone already: an earlier try may have failed in between.
/// One sync for each subdirectory. The subdirectory stays when its last blob goes: there is one for
/// 4,096 blobs.
Result<> erase_files(Files& files, const std::string& directory, const std::vector<BlobId>& ids) {
  std::set<std::string> changed;
  for (const BlobId id : ids) {
    DYAD_TRY(fine_if_not_there(files.remove(blob_path(directory, id))));
    changed.insert(subdirectory(directory, id));
  }
  for (const std::string& path : changed) DYAD_TRY(fine_if_not_there(files.sync_directory(path)));
  return {};
}

Result<> erase_file(Files& files, const std::string& directory, BlobId id) {
  return erase_files(files, directory, std::vector<BlobId>(1, id));
}

/// What writers share with their store, and may outlive it by.
struct Shared {
  Shared(Runtime& r, std::string d, std::shared_ptr<DiskSpace> s)
      : runtime(r),
        directory(std::move(d)),
        space(std::move(s)),
        ids(r.files(), directory + "/reserved") {}
  Runtime& runtime;
  const std::string directory;
  const std::shared_ptr<DiskSpace> space;  ///< None: nobody counts.
  IdBlocks ids;
};

class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(std::shared_ptr<Shared> shared, BlobId id, std::unique_ptr<AppendFile> file)
      : shared_(std::move(shared)), id_(id), file_(std::move(file)) {
    payload_.reserve(kFramePayloadBytes);
  }

  ~FileBlobWriter() override {
    if (finished_) return;
    // Given up: nothing names the bytes. What fails here stays on the list of pending blobs.
    file_.reset();
    const auto give_up = [shared = shared_, id = id_] {
      if (erase_file(shared->runtime.files(), shared->directory, id)) shared->ids.settled(id);
    };
    if (!shared_->runtime.workers().submit(give_up))
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
    Result<> appended = co_await shared_->runtime.workers().run(append);
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
      return shared_->runtime.files().sync_directory(subdirectory(shared_->directory, id_));
    };
    Result<> durable = co_await shared_->runtime.workers().run(make_durable);
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
    if (shared_->space) DYAD_TRY(shared_->space->take(frames.size()));
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
    Result<> appended = co_await shared_->runtime.workers().run(append);
    broken_ = !appended;
    ++index_;
    payload_.clear();
    co_return appended;
  }

  const std::shared_ptr<Shared> shared_;
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

class FileBlobStore final : public BlobStore {
 public:
  FileBlobStore(Runtime& runtime, std::string directory, std::shared_ptr<DiskSpace> space)
      : runtime_(runtime),
        shared_(std::make_shared<Shared>(runtime, std::move(directory), std::move(space))) {}

  Result<> start() {
    DYAD_TRY(runtime_.files().make_directory(shared_->directory));
    // Its name too: without it a crash takes all blobs at once, the durable ones among them.
    DYAD_TRY(fine_if_not_there(runtime_.files().sync_directory(parent_of(shared_->directory))));
    DYAD_TRY_ASSIGN(const std::vector<BlobId> maybe, shared_->ids.open());
    for (const BlobId id : maybe) {
      const Result<FileInfo> info = runtime_.files().info(blob_path(shared_->directory, id));
      if (!info && info.error().code == ErrorCode::not_found) continue;
      DYAD_TRY(info);
      DYAD_TRY(note_pending(id));
    }
    if (pending_.empty()) shared_->ids.forget_former();
    return {};
  }

  Result<> admit(std::uint64_t bytes) override {
    return shared_->space ? shared_->space->fits(bytes) : Result<>();
  }

  Task<Result<std::unique_ptr<BlobWriter>>> create(
      std::string owner, std::optional<std::uint64_t> expected_bytes) override {
    DYAD_CHECK(owner.size() <= kMaxOwnerBytes);
    DYAD_CO_TRY(admit(expected_bytes.value_or(0)));
    const bool is_long = expected_bytes.value_or(0) >= kLongBlobBytes;
    const auto make = [this, &owner, is_long]() -> Result<std::unique_ptr<BlobWriter>> {
      DYAD_TRY_ASSIGN(const BlobId id, shared_->ids.take());
      DYAD_TRY(ensure_subdirectory(id));
      const std::string path = blob_path(shared_->directory, id);
      DYAD_TRY_ASSIGN(std::unique_ptr<AppendFile> file,
                      is_long ? runtime_.files().open_long(path, kLongBlobGatheredBytes)
                              : runtime_.files().open_append(path, Files::Create::must_be_new));
      AppendFile& bytes = *file;
      // From here on the writer's destructor cleans up.
      auto writer = std::make_unique<FileBlobWriter>(shared_, id, std::move(file));
      DYAD_TRY(bytes.append(make_header(id, owner)));
      return std::unique_ptr<BlobWriter>(std::move(writer));
    };
    co_return co_await runtime_.workers().run(make);
  }

  Task<Result<std::unique_ptr<BlobReader>>> open(BlobId id) override {
    const auto work = [this, id] { return open_now(id); };
    co_return co_await runtime_.workers().run(work);
  }

  Task<Result<>> erase(std::vector<BlobId> ids) override {
    const auto work = [this, &ids] {
      return erase_files(runtime_.files(), shared_->directory, ids);
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
      shared_->ids.settled(id);
    } else {
      pending_.erase(former);
      if (pending_.empty()) shared_->ids.forget_former();
    }
    co_return Result<>();
  }

  Task<Result<std::vector<PendingBlob>>> pending_at_start() override {
    const std::lock_guard lock(mutex_);
    co_return pending_;
  }

  Task<Result<std::vector<BlobId>>> list(BlobId after, std::size_t limit) override {
    const auto work = [this, after, limit] { return list_now(after, limit); };
    co_return co_await runtime_.workers().run(work);
  }

  Result<HeldFile> file_of(BlobId id) override {
    HeldFile file;
    file.path = blob_path(shared_->directory, id);
    file.name = file.path.substr(shared_->directory.size() + 1);
    DYAD_TRY_ASSIGN(const FileInfo info, runtime_.files().info(file.path));
    file.size_bytes = file.padded_bytes = info.size_bytes;
    file.immutable = true;
    return file;
  }

  Result<std::vector<HeldFile>> files_beside_blobs() override {
    DYAD_TRY_ASSIGN(std::optional<std::string> list, shared_->ids.stored_list());
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
                    runtime_.files().open_read(blob_path(shared_->directory, id)));
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
    return erase_file(runtime_.files(), shared_->directory, id);
  }

  static Result<std::string> read_owner(BlobId id, const RandomReadFile& file) {
    std::string header(kHeaderBytes, '\0');
    DYAD_TRY_ASSIGN(const std::size_t got,
                    file.read_at(0, std::span<char>(header.data(), header.size())));
    header.resize(got);
    return parse_header(id, header);
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

  Result<std::unique_ptr<BlobReader>> open_now(BlobId id) {
    DYAD_TRY_ASSIGN(std::unique_ptr<RandomReadFile> file,
                    runtime_.files().open_read(blob_path(shared_->directory, id)));
    DYAD_TRY_ASSIGN(std::string owner, read_owner(id, *file));
    DYAD_TRY_ASSIGN(const std::uint64_t file_bytes, file->size_bytes());
    DYAD_TRY_ASSIGN(const std::uint64_t size_bytes, payload_bytes_of_file(id, file_bytes));
    return std::make_unique<FileBlobReader>(runtime_, id, std::move(file), std::move(owner),
                                            size_bytes);
  }

  /// Made durable before the first blob in it can be named.
  Result<> ensure_subdirectory(BlobId id) {
    const std::lock_guard lock(subdirectory_mutex_);
    const std::uint64_t number = id.value() >> kBlobsPerDirectoryBits;
    if (number == subdirectory_made_) return {};
    DYAD_TRY(runtime_.files().make_directory(subdirectory(shared_->directory, id)));
    DYAD_TRY(runtime_.files().sync_directory(shared_->directory));
    subdirectory_made_ = number;
    return {};
  }

  Result<std::vector<BlobId>> list_now(BlobId after, std::size_t limit) {
    std::vector<BlobId> ids;
    DYAD_TRY_ASSIGN(const std::vector<std::string> names,
                    runtime_.files().list(shared_->directory));
    const std::string first = hex64(after.value() >> kBlobsPerDirectoryBits);
    for (const std::string& name : names) {
      if (name.size() != first.size() || name < first) continue;
      DYAD_TRY_ASSIGN(const std::vector<std::string> blobs,
                      runtime_.files().list(shared_->directory + "/" + name));
      for (const std::string& blob : blobs) {
        const std::optional<std::string> bytes = from_hex(blob);
        if (!bytes || bytes->size() != 8)
          return fail(ErrorCode::corruption,
                      shared_->directory + "/" + name + "/" + blob + " is no blob");
        const BlobId id(load_be64(bytes->data()));
        if (id > after) ids.push_back(id);
        if (ids.size() == limit) return ids;
      }
    }
    return ids;
  }

  Runtime& runtime_;
  const std::shared_ptr<Shared> shared_;
  std::mutex mutex_;  ///< Guards pending_; never held over a file operation.
  std::vector<PendingBlob> pending_;
  std::mutex subdirectory_mutex_;
  std::uint64_t subdirectory_made_ = UINT64_MAX;
};

}  // namespace

std::string blob_path(const std::string& directory, BlobId id) {
  return subdirectory(directory, id) + "/" + hex64(id.value());
}

Result<std::unique_ptr<BlobStore>> open_file_blob_store(Runtime& runtime, std::string directory,
                                                        std::shared_ptr<DiskSpace> space) {
  auto store = std::make_unique<FileBlobStore>(runtime, std::move(directory), std::move(space));
  DYAD_TRY(store->start());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace dyad::blob
