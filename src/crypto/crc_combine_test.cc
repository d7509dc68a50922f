#include "crypto/crc_combine.h"

#include <gtest/gtest.h>

#include <random>

namespace dyad::crypto {
namespace {

std::string checksum_of(ChecksumKind kind, std::string_view bytes) {
  Checksum checksum(kind);
  checksum.update(bytes);
  return checksum.finish();
}

constexpr ChecksumKind kCrcs[] = {ChecksumKind::crc32, ChecksumKind::crc32c,
                                  ChecksumKind::crc64nvme};

TEST(CrcCombiner, PiecesGiveTheCrcOfTheWhole) {
  std::mt19937_64 random(7);
  std::string bytes(300'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (const ChecksumKind kind : kCrcs) {
    for (int run = 0; run < 50; ++run) {
      auto combiner = CrcCombiner::of(kind);
      ASSERT_TRUE(combiner);
      std::string_view rest = bytes;
      while (!rest.empty()) {
        // Empty pieces, single bytes, equal lengths one after the other, long ones.
        const std::size_t most = run % 5 == 0 ? 40'000 : random() % 60'000;
        const std::string_view piece = rest.substr(0, run % 3 == 0 ? most : random() % (most + 1));
        combiner->append(checksum_of(kind, piece), piece.size());
        rest.remove_prefix(piece.size());
        if (piece.empty()) {
          combiner->append(checksum_of(kind, rest.substr(0, 1)), 1);
          rest.remove_prefix(1);
        }
      }
      EXPECT_EQ(combiner->finish(), checksum_of(kind, bytes)) << name_of(kind);
    }
  }
}

TEST(CrcCombiner, OfNothingIsTheCrcOfNothing) {
  for (const ChecksumKind kind : kCrcs)
    EXPECT_EQ(CrcCombiner::of(kind)->finish(), checksum_of(kind, ""));
}

TEST(CrcCombiner, LengthsBeyondThirtyTwoBitsCount) {
  // Six times 1 GiB of zeros, put together in pairs, is what one piece after the other gives.
  for (const ChecksumKind kind : kCrcs) {
    const std::string mebibyte(1u << 20, '\0');
    auto gibibyte = CrcCombiner::of(kind);
    for (int i = 0; i < 1024; ++i) gibibyte->append(checksum_of(kind, mebibyte), mebibyte.size());
    auto one_by_one = CrcCombiner::of(kind);
    for (int i = 0; i < 6; ++i) one_by_one->append(gibibyte->finish(), 1ull << 30);
    auto five = CrcCombiner::of(kind);
    for (int i = 0; i < 5; ++i) five->append(gibibyte->finish(), 1ull << 30);
    auto at_once = CrcCombiner::of(kind);
    at_once->append(gibibyte->finish(), 1ull << 30);
    at_once->append(five->finish(), 5ull << 30);
    EXPECT_EQ(at_once->finish(), one_by_one->finish()) << name_of(kind);
    EXPECT_NE(five->finish(), one_by_one->finish());
  }
}

TEST(CrcCombiner, DigestsCannotBePutTogether) {
  for (const ChecksumKind kind :
       {ChecksumKind::sha1, ChecksumKind::sha256, ChecksumKind::sha512, ChecksumKind::md5})
    EXPECT_FALSE(CrcCombiner::of(kind));
}

}  // namespace
}  // namespace dyad::crypto
