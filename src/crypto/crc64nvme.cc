// CRC64NVME: NVM Express's 64-bit CRC, polynomial AD93D23594C93659, reflected, inverted in and out.
// Long input is folded 128 bytes at a time with carry-less multiplication, after Gopal et al.,
// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009).
#include <immintrin.h>

#include <array>
#include <cstring>

#include "crypto/crc.h"

namespace dyad::crypto {
namespace {

constexpr std::uint64_t kReflectedPolynomial = 0x9a6c9329ac4bc9b5;

constexpr std::uint64_t times_x(std::uint64_t value) {
  return value >> 1 ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
}

/// x^power modulo the polynomial; bit 63 is the coefficient of x^0.
constexpr std::uint64_t x_to(int power) {
  std::uint64_t value = std::uint64_t{1} << 63;
  for (int i = 0; i < power; ++i) value = times_x(value);
  return value;
}

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = times_x(value);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr Tables kTables = make_tables();

/// Carries the raw (uninverted) register over `bytes`.
std::uint64_t step_by_table(std::uint64_t state, const char* bytes, std::size_t count) {
  for (; count >= 8; bytes += 8, count -= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    state ^= word;
    std::uint64_t next = 0;
    for (std::size_t k = 0; k < 8; ++k) next ^= kTables[7 - k][state >> (8 * k) & 0xff];
    state = next;
  }
  for (; count > 0; ++bytes, --count)
    state = state >> 8 ^ kTables[0][(state ^ static_cast<unsigned char>(*bytes)) & 0xff];
  return state;
}

constexpr std::size_t kLanes = 8;
constexpr std::size_t kBlockBytes = kLanes * 16;
constexpr int kBlockBits = static_cast<int>(kBlockBytes) * 8;

/// Moves a 128-bit lane forward by the distance its keys stand for. The product of two reflected
/// 64-bit values comes out one place low, hence the odd powers in the keys below.
[[gnu::target("pclmul,sse4.1")]] inline __m128i fold(__m128i lane, __m128i keys) {
  return _mm_xor_si128(_mm_clmulepi64_si128(lane, keys, 0x00),
                       _mm_clmulepi64_si128(lane, keys, 0x11));
}

[[gnu::target("pclmul,sse4.1")]] std::uint64_t step_by_folding(std::uint64_t state,
                                                               const char* bytes,
                                                               std::size_t count) {
  constexpr std::uint64_t block_low = x_to(kBlockBits + 63), block_high = x_to(kBlockBits - 1);
  constexpr std::uint64_t lane_low = x_to(128 + 63), lane_high = x_to(128 - 1);
  const auto load = [](const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  const __m128i block_keys =
      _mm_set_epi64x(static_cast<long long>(block_high), static_cast<long long>(block_low));
  const __m128i lane_keys =
      _mm_set_epi64x(static_cast<long long>(lane_high), static_cast<long long>(lane_low));

  __m128i lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load(bytes + 16 * i);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<long long>(state)));
  bytes += kBlockBytes, count -= kBlockBytes;
  for (; count >= kBlockBytes; bytes += kBlockBytes, count -= kBlockBytes) {
    for (std::size_t i = 0; i < kLanes; ++i)
      lanes[i] = _mm_xor_si128(fold(lanes[i], block_keys), load(bytes + 16 * i));
  }
  __m128i sum = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) sum = _mm_xor_si128(fold(sum, lane_keys), lanes[i]);

  // What is left stands for 16 bytes of message.
  char rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), sum);
  state = step_by_table(0, rest, sizeof rest);
  return step_by_table(state, bytes, count);
}

}  // namespace

std::uint64_t crc64nvme_by_table(std::string_view bytes, std::uint64_t crc) {
  return ~step_by_table(~crc, bytes.data(), bytes.size());
}

std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t crc) {
  if (bytes.size() < 2 * kBlockBytes || !__builtin_cpu_supports("pclmul"))
    return crc64nvme_by_table(bytes, crc);
  return ~step_by_folding(~crc, bytes.data(), bytes.size());
}

}  // namespace dyad::crypto
