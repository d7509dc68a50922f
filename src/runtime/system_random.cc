#include "runtime/system_random.h"

#include <strings.h>
#include <sys/random.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace dyad {
namespace {

void fill_from_kernel(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    // Without randomness there are no keys: nothing useful can go on.
    DYAD_CHECK(count > 0 || errno == EINTR);
    if (count > 0) out = out.subspan(static_cast<std::size_t>(count));
  }
}

/// A number of the calling thread's own, given out in turn.
std::size_t number_of_this_thread() {
  static constinit std::atomic<std::size_t> next = 0;
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

SystemRandom::~SystemRandom() {
  for (Buffer& buffer : buffers_) ::explicit_bzero(buffer.bytes.data(), buffer.bytes.size());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  if (out.size() > kBufferBytes / 4) {
    fill_from_kernel(out);
    return;
  }
  Buffer& buffer = buffers_[number_of_this_thread() % kBuffers];
  const std::lock_guard lock(buffer.mutex);
  if (kBufferBytes - buffer.used_bytes < out.size()) {
    fill_from_kernel(buffer.bytes);
    buffer.used_bytes = 0;
  }
  std::uint8_t* const fresh = buffer.bytes.data() + buffer.used_bytes;
  std::memcpy(out.data(), fresh, out.size());
  ::explicit_bzero(fresh, out.size());
  buffer.used_bytes += out.size();
}

}  // namespace dyad
