#include "services/s3/large_upload.h"

#include <vector>

#include "crypto/digest.h"
#include "runtime/all_of.h"

namespace dyad::s3 {

Task<Result<>> LargeUpload::run() {
  std::vector<Task<Result<>>> sides;
  sides.push_back(receive());
  sides.push_back(write());
  const std::vector<Result<>> ended = co_await all_of(std::move(sides));
  for (std::optional<Chunk>& chunk : chunks_) {
    if (chunk) co_await wait_for_hash(*chunk);
  }
  // Where writing failed, receiving only ended.
  DYAD_CO_TRY(ended[1]);
  co_return ended[0];
}

std::string LargeUpload::md5() {
  return std::string(crypto::as_view(md5_.finish()));
}

Task<Result<>> LargeUpload::receive() {
  Result<> received = co_await receive_chunks();
  received_ = true;
  filled_one_.set();
  co_return received;
}

Task<Result<>> LargeUpload::receive_chunks() {
  while (received_bytes_ < length_) {
    Chunk* const chunk = co_await free_chunk();
    if (chunk == nullptr) co_return Result<>();
    DYAD_CO_TRY(co_await fill(*chunk));
    DYAD_CO_TRY(hash(*chunk));
    ++filled_;
    filled_one_.set();
  }
  co_return co_await http::expect_end(body_);
}

Task<LargeUpload::Chunk*> LargeUpload::free_chunk() {
  while (filled_ - written_ == kChunks && !write_failed_) {
    written_one_.clear();
    co_await written_one_.wait(Deadline::never());
  }
  if (write_failed_) co_return nullptr;
  std::optional<Chunk>& chunk = chunks_[filled_ % kChunks];
  if (!chunk) chunk.emplace();
  co_await wait_for_hash(*chunk);
  chunk->frames.clear();
  co_return &*chunk;
}

Task<Result<>> LargeUpload::fill(Chunk& chunk) {
  while (!chunk.frames.full() && received_bytes_ < length_) {
    const std::span<char> room = chunk.frames.room();
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await body_.read(room));
    if (got == 0) co_return fail(ErrorCode::internal, "a body is shorter than it announced");
    observer_({room.data(), got});
    chunk.frames.add(got);
    received_bytes_ += got;
  }
  if (received_bytes_ > length_)
    co_return fail(ErrorCode::internal, "a body is longer than it announced");
  co_return Result<>();
}

Result<> LargeUpload::hash(Chunk& chunk) {
  const std::size_t frames = chunk.frames.frames();
  for (std::size_t i = 0; i < frames; ++i) chunk.parts[i] = chunk.frames.payload(i);
  chunk.hashing.emplace();
  chunk.hashing->parts = std::span<const std::string_view>(chunk.parts).first(frames);
  if (md5_.add(*chunk.hashing)) return {};
  chunk.hashing.reset();
  return fail(ErrorCode::overloaded, "the worker queue is full");
}

Task<void> LargeUpload::wait_for_hash(Chunk& chunk) {
  if (!chunk.hashing) co_return;
  Completion<bool>& done = chunk.hashing->done;
  co_await done;
  chunk.hashing.reset();
}

Task<Result<>> LargeUpload::write() {
  Result<> written = co_await write_chunks();
  write_failed_ = !written;
  written_one_.set();
  co_return written;
}

Task<Result<>> LargeUpload::write_chunks() {
  while (true) {
    while (written_ == filled_ && !received_) {
      filled_one_.clear();
      co_await filled_one_.wait(Deadline::never());
    }
    if (written_ == filled_) co_return Result<>();
    blob::FrameBuffer& frames = chunks_[written_ % kChunks]->frames;
    written_bytes_ += frames.size_bytes();
    DYAD_CO_TRY(co_await blob_.write_frames(frames, written_bytes_ < length_));
    ++written_;
    written_one_.set();
  }
}

}  // namespace dyad::s3
