#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "blob/blob_store.h"
#include "blob/frame_buffer.h"
#include "http/body.h"
#include "runtime/local_event.h"
#include "services/s3/digest_queue.h"

namespace dyad::s3 {

/// A long body on its way into a blob. What comes is hashed and written by workers while the
/// reactor receives what follows:
///
///   client -> chunk (its frames' payloads) -> MD5     -> free again
///                                          -> written -> free again
///
/// Nothing is received when no chunk is free, so client, digest and disk wait for each other. One
/// for a body; run() once, within one executor. There is no way out of run() before all that it
/// began has ended.
class LargeUpload {
 public:
  /// Two long chunks, for each costs hand-overs between threads: of the same memory in four chunks
  /// of two frames an object of 64 MiB took 181 ms of CPU and 138 elapsed, 170 and 122 so.
  static constexpr std::size_t kChunkFrames = 4;
  static constexpr std::size_t kChunks = 2;
  static_assert(kChunkFrames <= DigestQueue::kMaxPieceParts);
  static constexpr std::size_t kMemoryBytes = kChunks * kChunkFrames * blob::kFrameBytes;

  using Observer = std::function<void(std::string_view)>;

  /// `length`: what the body announces. `observer` is told of all bytes in their order, on the
  /// executor. All of these outlive this.
  LargeUpload(DigestQueue& digests, http::BodyReader& body, std::uint64_t length,
              blob::BlobWriter& blob, Observer observer)
      : body_(body), length_(length), blob_(blob), observer_(std::move(observer)), md5_(digests) {}

  /// To the body's end; the first failure, the body's own or the blob's. overloaded: the worker
  /// pool takes no more.
  Task<Result<>> run();
  /// After run() came to the end.
  std::string md5();

 private:
  struct Chunk {
    blob::FrameBuffer frames{kChunkFrames};
    std::array<std::string_view, kChunkFrames> parts;
    std::optional<DigestQueue::Piece> hashing;  ///< None: not handed out since it was free.
  };

  Task<Result<>> receive();
  Task<Result<>> receive_chunks();
  /// The next chunk to fill, once it is free; null: writing has failed.
  Task<Chunk*> free_chunk();
  Task<Result<>> fill(Chunk& chunk);
  Result<> hash(Chunk& chunk);
  Task<void> wait_for_hash(Chunk& chunk);
  Task<Result<>> write();
  Task<Result<>> write_chunks();

  http::BodyReader& body_;
  const std::uint64_t length_;
  blob::BlobWriter& blob_;
  const Observer observer_;
  DigestQueue::Stream md5_;
  std::array<std::optional<Chunk>, kChunks> chunks_;  ///< Memory is taken as it is needed.
  std::uint64_t received_bytes_ = 0;
  std::uint64_t written_bytes_ = 0;
  std::uint64_t filled_ = 0;   ///< Chunks, counted from the body's begin.
  std::uint64_t written_ = 0;  ///< Of those.
  bool received_ = false;      ///< No chunk follows, for good or bad.
  bool write_failed_ = false;
  LocalEvent filled_one_;
  LocalEvent written_one_;
};

}  // namespace dyad::s3
