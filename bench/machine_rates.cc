#include "machine_rates.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "crypto/digest.h"
#include "runtime/system_clock.h"

namespace dyad::bench {
namespace {

constexpr std::size_t kPieceBytes = 4u << 20;
constexpr std::size_t kAlignment = 4096;
constexpr int kHashedPieces = 32;
constexpr int kWrittenPieces = 128;

double mb_per_s(std::size_t bytes, std::int64_t us) {
  return us > 0 ? static_cast<double>(bytes) / static_cast<double>(us) : 0;
}

template <class Digest>
double digest_rate() {
  const std::string piece(kPieceBytes, 'x');
  const SystemClock clock;
  Digest digest;
  const std::int64_t began_us = clock.steady_us();
  for (int i = 0; i < kHashedPieces; ++i) digest.update(piece);
  (void)digest.finish();
  return mb_per_s(kHashedPieces * kPieceBytes, clock.steady_us() - began_us);
}

Result<> write_all(int fd) {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  const std::unique_ptr<void, Free> piece(std::aligned_alloc(kAlignment, kPieceBytes));
  DYAD_CHECK(piece != nullptr);
  std::memset(piece.get(), 'x', kPieceBytes);
  for (int i = 0; i < kWrittenPieces; ++i) {
    if (::write(fd, piece.get(), kPieceBytes) != static_cast<ssize_t>(kPieceBytes))
      return fail(ErrorCode::io_error, fmt::format("write: {}", std::strerror(errno)));
  }
  if (::fdatasync(fd) != 0)
    return fail(ErrorCode::io_error, fmt::format("fdatasync: {}", std::strerror(errno)));
  return {};
}

}  // namespace

double md5_mb_per_s() {
  return digest_rate<crypto::Md5>();
}
double sha256_mb_per_s() {
  return digest_rate<crypto::Sha256>();
}

Result<double> durable_write_mb_per_s(const std::string& directory) {
  const std::string path = directory + "/disk-rate";
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  int fd = ::open(path.c_str(), flags | O_DIRECT, 0600);
  if (fd < 0 && errno == EINVAL) fd = ::open(path.c_str(), flags, 0600);  // tmpfs
  if (fd < 0) return fail(ErrorCode::io_error, fmt::format("{}: {}", path, std::strerror(errno)));
  const SystemClock clock;
  const std::int64_t began_us = clock.steady_us();
  const Result<> written = write_all(fd);
  const std::int64_t us = clock.steady_us() - began_us;
  ::close(fd);
  ::unlink(path.c_str());
  DYAD_TRY(written);
  return mb_per_s(kWrittenPieces * kPieceBytes, us);
}

}  // namespace dyad::bench
