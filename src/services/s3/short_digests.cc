#include "services/s3/short_digests.h"

#include <algorithm>
#include <array>
#include <coroutine>
#include <span>
#include <utility>
#include <vector>

#include "crypto/md5_lanes.h"
#include "runtime/executor.h"

namespace dyad::s3 {
namespace {

/// A body whose turn has not ended. Lies in the frame of the coroutine that waits.
struct Gathered {
  explicit Gathered(std::string_view body) : bytes(body) {}

  std::string_view bytes;
  crypto::Md5 md5;
  Executor* executor = nullptr;
  std::coroutine_handle<> waiting;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    executor = Executor::current();
    waiting = handle;
  }
  void await_resume() const noexcept {}
};

/// Hashed before anybody else has a turn: a millisecond of work at most, without lanes two.
constexpr std::size_t kMaxBodiesAtOnce = 64;

/// Of this thread's turn. The first of them hashes for all. (A thread has one executor; a
/// simulation that has several is drained before it ends.)
thread_local std::vector<Gathered*> gathered;

void hash_together(std::span<Gathered* const> bodies) {
  std::array<crypto::Md5Lane, crypto::kMaxMd5Lanes> lanes;
  while (!bodies.empty()) {
    const std::size_t count = std::min(bodies.size(), lanes.size());
    for (std::size_t i = 0; i < count; ++i) lanes[i] = {&bodies[i]->md5, bodies[i]->bytes};
    if (count >= crypto::md5_lanes_worth()) {
      crypto::md5_update_together(std::span(lanes).first(count));
    } else {
      for (Gathered* const body : bodies.first(count)) body->md5.update(body->bytes);
    }
    bodies = bodies.subspan(count);
  }
}

}  // namespace

Task<crypto::DigestBytes<crypto::Md5::kBytes>> short_md5(std::string_view bytes) {
  if (crypto::md5_lanes_worth() > crypto::kMaxMd5Lanes) co_return crypto::md5(bytes);
  Gathered own(bytes);
  gathered.push_back(&own);
  if (gathered.size() > 1) {
    co_await own;
    co_return own.md5.finish();
  }
  // Others that are ready now may have a body, too.
  co_await BehindAllReady();
  const std::vector<Gathered*> bodies = std::exchange(gathered, {});
  for (std::size_t at = 0; at < bodies.size(); at += kMaxBodiesAtOnce) {
    if (at > 0) co_await resume_on(*Executor::current());
    const auto some =
        std::span(bodies).subspan(at).first(std::min(kMaxBodiesAtOnce, bodies.size() - at));
    hash_together(some);
    for (Gathered* const body : some) {
      if (body != &own) body->executor->post(body->waiting);
    }
  }
  co_return own.md5.finish();
}

}  // namespace dyad::s3
