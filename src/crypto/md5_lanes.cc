// RFC 1321 over vectors: lane i of every register belongs to message i. Written with the compiler's
// vector types; which instructions they become says the target of the function that all of it is
// inlined into.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/md5_lanes.h"

#include <openssl/md5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"

// Vectors never cross a call: everything that takes one is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace dyad::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;

/// 32-bit words of a block, and also the most lanes there are.
constexpr int kWords = 16;

template <int kLanes>
struct VectorOf {
  using Type [[gnu::vector_size(kLanes * sizeof(std::uint32_t))]] = std::uint32_t;
};
template <int kLanes>
using Vector = typename VectorOf<kLanes>::Type;

/// RFC 1321, 3.4: the integer part of 2^32 times abs(sin(i + 1)).
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kRotations[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

constexpr int word_of_step(int step) {
  constexpr int factors[4] = {1, 5, 3, 7};
  constexpr int offsets[4] = {0, 1, 5, 0};
  return (factors[step / 16] * step + offsets[step / 16]) % 16;
}

template <int kStep, class V>
[[gnu::always_inline]] inline void step(V& a, const V& b, const V& c, const V& d, const V* words) {
  constexpr int round = kStep / 16;
  constexpr int rotation = kRotations[round][kStep % 4];
  V mixed;
  if constexpr (round == 0)
    mixed = d ^ (b & (c ^ d));
  else if constexpr (round == 1)
    mixed = c ^ (d & (b ^ c));
  else if constexpr (round == 2)
    mixed = b ^ c ^ d;
  else
    mixed = c ^ (b | ~d);
  const V sum = a + (words[word_of_step(kStep)] + kSines[kStep]) + mixed;
  a = b + (sum << rotation | sum >> (32 - rotation));
}

template <class V, std::size_t... kFours>
[[gnu::always_inline]] inline void all_steps(V& a, V& b, V& c, V& d, const V* words,
                                             std::index_sequence<kFours...>) {
  ((step<4 * kFours>(a, b, c, d, words), step<4 * kFours + 1>(d, a, b, c, words),
    step<4 * kFours + 2>(c, d, a, b, words), step<4 * kFours + 3>(b, c, d, a, words)),
   ...);
}

/// Of rows i and i + kSize, the blocks of kSize words beside the diagonal change places.
template <int kLanes, int kSize, int... kAt>
[[gnu::always_inline]] inline void exchange_blocks(Vector<kLanes>* rows,
                                                   std::integer_sequence<int, kAt...>) {
  for (int i = 0; i < kLanes; ++i) {
    if ((i & kSize) != 0) continue;
    const Vector<kLanes> upper = rows[i], lower = rows[i + kSize];
    rows[i] =
        __builtin_shufflevector(upper, lower, ((kAt & kSize) != 0 ? kAt - kSize + kLanes : kAt)...);
    rows[i + kSize] =
        __builtin_shufflevector(upper, lower, ((kAt & kSize) != 0 ? kAt + kLanes : kAt + kSize)...);
  }
}

/// From a lane a row to a word a row.
template <int kLanes, int kSize = kLanes / 2>
[[gnu::always_inline]] inline void transpose(Vector<kLanes>* rows) {
  exchange_blocks<kLanes, kSize>(rows, std::make_integer_sequence<int, kLanes>());
  if constexpr (kSize > 1) transpose<kLanes, kSize / 2>(rows);
}

/// A, B, C and D of all lanes.
template <int kLanes>
using States = std::array<std::array<std::uint32_t, kLanes>, 4>;

template <int kLanes>
[[gnu::always_inline]] inline void compress(States<kLanes>& states, const char* const* lanes,
                                            std::size_t blocks) {
  using V = Vector<kLanes>;
  V sums[4];
  std::memcpy(sums, &states, sizeof sums);
  for (std::size_t block = 0; block < blocks; ++block) {
    V words[kWords];
    for (int first = 0; first < kWords; first += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane)
        std::memcpy(&words[first + lane], lanes[lane] + block * kBlockBytes + first * 4, sizeof(V));
      transpose<kLanes>(words + first);
    }
    V a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    all_steps(a, b, c, d, words, std::make_index_sequence<16>());
    sums[0] += a, sums[1] += b, sums[2] += c, sums[3] += d;
  }
  std::memcpy(&states, sums, sizeof sums);
}

[[gnu::target("avx512f")]] void compress_avx512(States<16>& states, const char* const* lanes,
                                                std::size_t blocks) {
  compress<16>(states, lanes, blocks);
}

[[gnu::target("avx2")]] void compress_avx2(States<8>& states, const char* const* lanes,
                                           std::size_t blocks) {
  compress<8>(states, lanes, blocks);
}

[[gnu::target("avx512f,avx512vl")]] void compress_avx512vl(States<8>& states,
                                                           const char* const* lanes,
                                                           std::size_t blocks) {
  compress<8>(states, lanes, blocks);
}

/// A message between two calls: its state at the border of a block, and whole blocks to come.
struct Cursor {
  MD5_CTX* context = nullptr;
  std::string_view rest;
};

/// As many blocks of all as the shortest has.
template <int kLanes, auto kCompress>
void advance(std::span<Cursor> cursors) {
  std::size_t blocks = SIZE_MAX;
  for (const Cursor& cursor : cursors) blocks = std::min(blocks, cursor.rest.size() / kBlockBytes);
  States<kLanes> states{};
  const char* lanes[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    // What no message needs computes the first one's blocks, to nobody's use.
    const Cursor& cursor = cursors[static_cast<std::size_t>(lane) < cursors.size() ? lane : 0];
    lanes[lane] = cursor.rest.data();
    states[0][lane] = cursor.context->A;
    states[1][lane] = cursor.context->B;
    states[2][lane] = cursor.context->C;
    states[3][lane] = cursor.context->D;
  }
  kCompress(states, lanes, blocks);
  for (std::size_t lane = 0; lane < cursors.size(); ++lane) {
    MD5_CTX& context = *cursors[lane].context;
    context.A = states[0][lane];
    context.B = states[1][lane];
    context.C = states[2][lane];
    context.D = states[3][lane];
    // The message's length in bits, in two words.
    const std::uint64_t bits =
        (std::uint64_t{context.Nh} << 32 | context.Nl) + std::uint64_t{blocks} * kBlockBytes * 8;
    context.Nl = static_cast<std::uint32_t>(bits);
    context.Nh = static_cast<std::uint32_t>(bits >> 32);
    cursors[lane].rest.remove_prefix(blocks * kBlockBytes);
  }
}

/// A message's state is all that it has (crypto/digest.cc makes it there).
MD5_CTX* context_of(Md5& message) {
  static_assert(std::is_standard_layout_v<Md5> && sizeof(MD5_CTX) <= sizeof(Md5));
  return std::launder(reinterpret_cast<MD5_CTX*>(&message));
}

/// Fewer than these are faster one by one. Measured on Zen 4: one by one 0.78 GB/s; eight lanes of
/// AVX2 3.2, sixteen of AVX-512 4.9, however many of them are used.
constexpr std::size_t kWorthAvx2 = 3;
/// More than fit into AVX2's registers.
constexpr std::size_t kWorthAvx512 = 9;

}  // namespace

bool cpu_has(Md5Registers registers) {
  switch (registers) {
    case Md5Registers::avx2:
      return __builtin_cpu_supports("avx2");
    case Md5Registers::avx512vl:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
    case Md5Registers::avx512:
      return __builtin_cpu_supports("avx512f");
  }
  return false;
}

std::size_t md5_lanes_worth() {
  return cpu_has(Md5Registers::avx2) ? kWorthAvx2 : SIZE_MAX;
}

void md5_update_together(std::span<const Md5Lane> lanes, Md5Registers registers) {
  const std::size_t width = registers == Md5Registers::avx512 ? 16 : 8;
  DYAD_CHECK(lanes.size() <= kMaxMd5Lanes);
  std::array<Cursor, kMaxMd5Lanes> cursors;
  std::array<std::string_view, kMaxMd5Lanes> tails;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    MD5_CTX* const context = context_of(*lanes[i].message);
    // Up to the border of a block, whole blocks, and what is left.
    const std::size_t begun = context->num;
    std::string_view bytes = lanes[i].bytes;
    const std::string_view head = bytes.substr(0, begun == 0 ? 0 : kBlockBytes - begun);
    lanes[i].message->update(head);
    bytes.remove_prefix(head.size());
    const std::size_t whole = bytes.size() / kBlockBytes * kBlockBytes;
    cursors[i] = {context, bytes.substr(0, whole)};
    tails[i] = bytes.substr(whole);
  }
  for (std::span<Cursor> all(cursors.data(), lanes.size()); !all.empty();) {
    const std::size_t taken = std::min(all.size(), width);
    std::span<Cursor> now = all.first(taken);
    // Longest first: as long as enough of them have blocks, they go on together.
    while (true) {
      std::ranges::sort(now, std::ranges::greater(),
                        [](const Cursor& cursor) { return cursor.rest.size(); });
      while (!now.empty() && now.back().rest.empty()) now = now.first(now.size() - 1);
      if (now.size() < kWorthAvx2) break;
      if (registers == Md5Registers::avx512)
        advance<16, compress_avx512>(now);
      else if (registers == Md5Registers::avx512vl)
        advance<8, compress_avx512vl>(now);
      else
        advance<8, compress_avx2>(now);
    }
    for (const Cursor& cursor : now)
      MD5_Update(cursor.context, cursor.rest.data(), cursor.rest.size());
    all = all.subspan(taken);
  }
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i].message->update(tails[i]);
}

void md5_update_together(std::span<const Md5Lane> lanes) {
  if (lanes.size() >= kWorthAvx512 && cpu_has(Md5Registers::avx512))
    return md5_update_together(lanes, Md5Registers::avx512);
  if (lanes.size() >= kWorthAvx2 && cpu_has(Md5Registers::avx2))
    return md5_update_together(
        lanes, cpu_has(Md5Registers::avx512vl) ? Md5Registers::avx512vl : Md5Registers::avx2);
  for (const Md5Lane& lane : lanes) lane.message->update(lane.bytes);
}

}  // namespace dyad::crypto
