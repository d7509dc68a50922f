#include "crypto/md5_lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace dyad::crypto {
namespace {

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

/// A message that was hashed together with others, and all of its bytes.
struct Message {
  Md5 md5;
  std::string bytes;
};

using Update = void (*)(std::span<const Md5Lane>);

/// `rounds` times, some of the messages get more, of any length.
void check_against_one_by_one(std::uint64_t seed, std::size_t count, int rounds, Update update) {
  std::mt19937_64 random(seed);
  std::vector<Message> messages(count);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> pieces(count);
    std::vector<Md5Lane> lanes;
    for (std::size_t i = 0; i < count; ++i) {
      if (random() % 4 == 0) continue;
      // Nothing, less than a block, borders of blocks, some blocks, many.
      const std::size_t most[] = {1, 64, 129, 1000, 20'000};
      std::size_t size = random() % most[random() % 5];
      if (random() % 3 == 0) size = size / 64 * 64;
      pieces[i] = random_bytes(random, size);
      messages[i].bytes += pieces[i];
      lanes.push_back({&messages[i].md5, pieces[i]});
    }
    std::shuffle(lanes.begin(), lanes.end(), random);
    update(lanes);
  }
  for (Message& message : messages)
    ASSERT_EQ(message.md5.finish(), md5(message.bytes)) << seed << " of " << count;
}

void by_avx2(std::span<const Md5Lane> lanes) {
  md5_update_together(lanes, Md5Registers::avx2);
}
void by_avx512vl(std::span<const Md5Lane> lanes) {
  md5_update_together(lanes, Md5Registers::avx512vl);
}
void by_avx512(std::span<const Md5Lane> lanes) {
  md5_update_together(lanes, Md5Registers::avx512);
}
void by_what_fits(std::span<const Md5Lane> lanes) {
  md5_update_together(lanes);
}

void check_all_counts(Update update) {
  for (std::size_t count = 0; count <= kMaxMd5Lanes; ++count)
    for (std::uint64_t seed = 0; seed < 6; ++seed)
      check_against_one_by_one(seed * 100 + count, count, 12, update);
}

TEST(Md5Lanes, MessagesSideBySideGetTheDigestsTheyGetAlone) {
  check_all_counts(by_what_fits);
}

TEST(Md5Lanes, WithAvx2) {
  if (!cpu_has(Md5Registers::avx2)) GTEST_SKIP() << "this CPU has no AVX2";
  check_all_counts(by_avx2);
}

TEST(Md5Lanes, WithAvx512InNarrowRegisters) {
  if (!cpu_has(Md5Registers::avx512vl)) GTEST_SKIP() << "this CPU has no AVX-512VL";
  check_all_counts(by_avx512vl);
}

TEST(Md5Lanes, WithAvx512) {
  if (!cpu_has(Md5Registers::avx512)) GTEST_SKIP() << "this CPU has no AVX-512";
  check_all_counts(by_avx512);
}

TEST(Md5Lanes, LengthsBeyondThirtyTwoBitsOfBitsAreCounted) {
  // 2^32 bits are 512 MiB: side by side over that border, alone up to it.
  const std::string mebibyte(1u << 20, 'x');
  Md5 begun;
  for (int i = 0; i < 511; ++i) begun.update(mebibyte);
  std::vector<Md5> messages(4, begun);
  std::vector<Md5Lane> lanes;
  for (Md5& message : messages) lanes.push_back({&message, mebibyte});
  for (int i = 0; i < 2; ++i) {
    md5_update_together(lanes);
    begun.update(mebibyte);
  }
  const auto expected = begun.finish();
  for (Md5& message : messages) ASSERT_EQ(message.finish(), expected);
}

}  // namespace
}  // namespace dyad::crypto
