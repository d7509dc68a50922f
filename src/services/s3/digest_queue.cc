#include "services/s3/digest_queue.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/check.h"
#include "crypto/md5_lanes.h"

namespace dyad::s3 {

namespace {

/// A stream that a job has taken, and what it hashes of it.
struct Taken {
  DigestQueue::Stream* stream = nullptr;
  DigestQueue::Piece* piece = nullptr;
};

}  // namespace

struct DigestQueue::State : std::enable_shared_from_this<State> {
  explicit State(WorkerPool& pool) : workers(pool) {}

  bool add(Stream& stream, Piece& piece) {
    const std::lock_guard lock(mutex);
    const bool first = stream.waiting_.empty();
    if (first) ready.push_back(&stream);
    stream.waiting_.push_back(&piece);
    // A job that runs looks again before it ends.
    if (!first || jobs >= wanted_jobs() || submit() || jobs > 0) return true;
    stream.waiting_.pop_back();
    ready.pop_back();
    return false;
  }

  /// Side by side, many streams cost one job what one stream does: they are not to be spread.
  std::size_t wanted_jobs() const {
    const std::size_t streams = ready.size() + in_work;
    if (streams < crypto::md5_lanes_worth()) return kMaxJobs;
    return std::min(kMaxJobs, (streams + crypto::kMaxMd5Lanes - 1) / crypto::kMaxMd5Lanes);
  }

  /// With the mutex held.
  bool submit() {
    const bool taken = workers.submit([self = shared_from_this()] { self->run_job(); });
    if (taken) ++jobs;
    return taken;
  }

  void run_job() {
    std::array<Taken, crypto::kMaxMd5Lanes> room;
    std::unique_lock lock(mutex);
    while (!ready.empty()) {
      const std::span<Taken> taken = take(room);
      lock.unlock();
      hash(taken);
      lock.lock();
      give_back(taken);
      lock.unlock();
      // From here on their owners may end streams and pieces.
      for (const Taken& one : taken) one.piece->done.set(true);
      lock.lock();
      // More jobs than are wanted: another one goes on. Else what waits in the pool comes first.
      if (jobs > wanted_jobs() || (!ready.empty() && submit())) break;
    }
    --jobs;
  }

  std::span<Taken> take(std::span<Taken> room) {
    const bool together = ready.size() >= crypto::md5_lanes_worth();
    const std::span<Taken> taken = room.first(together ? std::min(ready.size(), room.size()) : 1);
    for (Taken& one : taken) {
      one = {ready.front(), ready.front()->waiting_.front()};
      ready.pop_front();
    }
    in_work += taken.size();
    return taken;
  }

  void give_back(std::span<const Taken> taken) {
    in_work -= taken.size();
    for (const Taken& one : taken) {
      one.stream->waiting_.pop_front();
      if (!one.stream->waiting_.empty()) ready.push_back(one.stream);
    }
  }

  static void hash(std::span<const Taken> taken) {
    std::array<crypto::Md5Lane, crypto::kMaxMd5Lanes> lanes;
    for (std::size_t part = 0; part < kMaxPieceParts; ++part) {
      std::size_t count = 0;
      for (const Taken& one : taken)
        if (part < one.piece->parts.size())
          lanes[count++] = {&one.stream->md5_, one.piece->parts[part]};
      crypto::md5_update_together(std::span<const crypto::Md5Lane>(lanes.data(), count));
    }
  }

  WorkerPool& workers;
  std::mutex mutex;
  std::deque<Stream*> ready;  ///< Streams with a piece that no job has taken.
  std::size_t in_work = 0;    ///< Streams that jobs have taken.
  std::size_t jobs = 0;       ///< Submitted and not ended.
};

DigestQueue::DigestQueue(WorkerPool& workers) : state_(std::make_shared<State>(workers)) {}

DigestQueue::Stream::~Stream() {
  DYAD_CHECK(waiting_.empty());
}

bool DigestQueue::Stream::add(Piece& piece) {
  DYAD_CHECK(piece.parts.size() <= kMaxPieceParts);
  return state_->add(*this, piece);
}

crypto::DigestBytes<crypto::Md5::kBytes> DigestQueue::Stream::finish() {
  return md5_.finish();
}

}  // namespace dyad::s3
