#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/named_type.h"
#include "base/result.h"
#include "runtime/held_file.h"
#include "runtime/task.h"

namespace dyad::blob {

// Immutable byte strings by id. Bytes travel in frames: each carries the suite, its index, a
// last-frame flag and a 16-byte tag over all of that, the blob's id and the bytes; so a flipped
// bit, a frame in the wrong place and a cut tail are all found, and never served.

struct BlobIdTag;
/// Never used twice. Zero names no blob.
using BlobId = NamedType<std::uint64_t, BlobIdTag>;

/// Payload of every frame but the last.
constexpr std::size_t kFramePayloadBytes = 128u << 10;
constexpr std::uint64_t kMaxBlobBytes = 5ull << 40;
constexpr std::size_t kMaxOwnerBytes = 2048;

/// Blobs announced with so many bytes, as clients cut long objects into parts, may be written past
/// the page cache: half the CPU of writing them was its copy and its writeback. Shorter ones may
/// well be read at once. A writer gathers so much of one, beside its frame.
constexpr std::uint64_t kLongBlobBytes = 8u << 20;
constexpr std::size_t kLongBlobGatheredBytes = 512u << 10;

struct PendingBlob {
  BlobId id;
  std::string owner;  ///< As given to create(). Empty: the bytes that told it are damaged.
};

class FrameBuffer;

/// One blob in the making. One coroutine at a time. Destroyed without finish(): the bytes are
/// erased.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual BlobId id() const = 0;
  /// Takes all of `bytes`; waits while too much is buffered or the disk is behind.
  virtual Task<Result<>> write(std::span<const char> bytes) = 0;
  /// The same from memory that is laid out as frames are (blob/frame_buffer.h). `more`: a promise
  /// that finish() does not come before at least one more byte; full frames are then written from
  /// where they lie, provided that whole frames came before them. Their payloads stay as they are.
  virtual Task<Result<>> write_frames(FrameBuffer& frames, bool more);
  /// Everything written, and the name it can be found by, is durable. The blob stays *pending*
  /// until a commit names it (see table/blob_references.h); call BlobStore::settled afterwards,
  /// whatever came of it.
  virtual Task<Result<>> finish() = 0;
  virtual std::uint64_t size_bytes() const = 0;
};

/// Reads one blob, any number of ranges. One coroutine at a time. What it opened stays readable
/// even when the blob is erased meanwhile.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual std::uint64_t size_bytes() const = 0;
  virtual std::string_view owner() const = 0;
  /// Up to `out.size()` bytes from `offset`; fewer only at the blob's end. corruption: names blob
  /// and frame; nothing of a damaged frame is handed out.
  virtual Task<Result<std::size_t>> read_at(std::uint64_t offset, std::span<char> out) = 0;
};

/// Thread-safe. Called from coroutines on an executor.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Whether a blob of so many bytes could be begun now: no_space tells a client so before it sends
  /// them. Cheap.
  virtual Result<> admit(std::uint64_t bytes);
  /// `owner` (at most kMaxOwnerBytes) says in whose name the blob is made, in the caller's own
  /// words; it is kept with the bytes, so that after a crash, and in verify, the row that should
  /// name the blob can be looked up. `expected_bytes`: a hint for placement; none: not known.
  virtual Task<Result<std::unique_ptr<BlobWriter>>> create(
      std::string owner, std::optional<std::uint64_t> expected_bytes) = 0;
  /// not_found: no such blob.
  virtual Task<Result<std::unique_ptr<BlobReader>>> open(BlobId id) = 0;
  /// They are gone for good when this returns: no crash brings them back, when the rows that told
  /// of them are gone too. Fine if some are not there: the reaper may come twice.
  virtual Task<Result<>> erase(std::vector<BlobId> ids) = 0;
  /// The fate of a finished blob is in the store now: named by a commit (keep), or not (its bytes
  /// go). A crash before this leaves it on the list of pending blobs, which the next start goes
  /// through.
  virtual Task<Result<>> settled(BlobId id, bool named) = 0;

  /// Ids that may exist without a commit naming them: those pending when the former process ended.
  /// The server asks the store about each at its start, then erases or keeps it through settled().
  virtual Task<Result<std::vector<PendingBlob>>> pending_at_start() = 0;

  /// Every blob that is there, in no order, a page at a time (`after` zero: from the start). For
  /// verify.
  virtual Task<Result<std::vector<BlobId>>> list(BlobId after, std::size_t limit) = 0;

  // For backups; both block, from a thread that may. A store that keeps its blobs elsewhere answers
  // with what reads them. unsupported: it keeps nothing.

  /// A finished blob as a file: under its name in another directory it is that blob in a store
  /// there. not_found.
  virtual Result<HeldFile> file_of(BlobId id);
  /// What a directory needs beside the blobs. Asked after the rows' moment was fixed: it then
  /// covers every id that a row of the moment names.
  virtual Result<std::vector<HeldFile>> files_beside_blobs();
};

}  // namespace dyad::blob
