#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/digest.h"
#include "runtime/completion.h"
#include "runtime/worker_pool.h"

namespace dyad::s3 {

/// MD5 of long bodies, by the worker pool: a reactor goes on receiving meanwhile. Thread-safe; what
/// it is given is hashed even when it has ended before.
class DigestQueue {
  struct State;

 public:
  /// Jobs of the worker pool at a time: the rest of the pool is for those who read and write.
  static constexpr std::size_t kMaxJobs = 2;
  /// What one job takes of a stream at a time, so that others' jobs get their turn.
  static constexpr std::size_t kMaxPieceParts = 4;

  /// `workers` outlives the queue and all that was handed to it.
  explicit DigestQueue(WorkerPool& workers);

  /// Bytes of one stream. They and this stay as they are until `done` is set.
  struct Piece {
    std::span<const std::string_view> parts;  ///< In order; at most kMaxPieceParts.
    Completion<bool> done;
  };

  /// One message. One coroutine at a time; every piece is done before it ends.
  class Stream {
   public:
    explicit Stream(DigestQueue& queue) : state_(queue.state_) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// After what was added before it. False: the worker pool takes no more; `piece` was not taken.
    [[nodiscard]] bool add(Piece& piece);
    /// When all pieces are done; once.
    crypto::DigestBytes<crypto::Md5::kBytes> finish();

   private:
    friend struct State;
    const std::shared_ptr<State> state_;
    crypto::Md5 md5_;
    std::deque<Piece*> waiting_;  ///< The first may be in work. Guarded by the queue's mutex.
  };

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace dyad::s3
