#include "runtime/system_random.h"

#include <strings.h>
#include <sys/random.h>

#include <algorithm>
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

}  // namespace

SystemRandom::~SystemRandom() {
  ::explicit_bzero(buffer_.data(), buffer_.size());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  if (out.size() > kBufferBytes / 4) {
    fill_from_kernel(out);
    return;
  }
  const std::lock_guard lock(mutex_);
  if (kBufferBytes - used_ < out.size()) {
    fill_from_kernel(buffer_);
    used_ = 0;
  }
  std::memcpy(out.data(), buffer_.data() + used_, out.size());
  ::explicit_bzero(buffer_.data() + used_, out.size());
  used_ += out.size();
}

}  // namespace dyad
