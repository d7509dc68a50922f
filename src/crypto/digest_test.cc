#include "crypto/digest.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "crypto/checksum.h"
#include "crypto/crc.h"
#include "crypto/hmac.h"

namespace dyad::crypto {
namespace {

std::string bytes_of_length(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 131 + (i >> 8) * 7);
  return bytes;
}

template <class Digest>
std::string hex(std::string_view bytes) {
  Digest digest;
  digest.update(bytes);
  return to_hex(as_view(digest.finish()));
}

// RFC 1321 and FIPS 180-4's own examples.
TEST(Digest, PublishedVectors) {
  EXPECT_EQ(hex<Md5>("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex<Sha1>("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex<Sha256>("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex<Sha256>(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex<Sha512>("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, PiecesMakeTheSameAsTheWholeAndACopyIsASavedState) {
  const std::string bytes = bytes_of_length(1000);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    Sha256 digest;
    digest.update(std::string_view(bytes).substr(0, cut));
    Sha256 copy = digest;
    digest.update(std::string_view(bytes).substr(cut));
    EXPECT_EQ(digest.finish(), sha256(bytes));
    EXPECT_EQ(copy.finish(), sha256(std::string_view(bytes).substr(0, cut)));
  }
}

TEST(Digest, ConstantTimeEqual) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "abcd"));
}

// RFC 4231 cases 1, 2, 6; RFC 2202 case 2.
TEST(Hmac, PublishedVectors) {
  EXPECT_EQ(to_hex(as_view(HmacSha256(std::string(20, 0x0b)).sign("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const HmacSha256 jefe("Jefe");
  EXPECT_EQ(to_hex(as_view(jefe.sign({"what do ya want ", "for nothing?"}))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(jefe.sign("what do ya want for nothing?"),
            jefe.sign({"what do ya want ", "for nothing?"}));
  EXPECT_EQ(to_hex(as_view(HmacSha256(std::string(131, '\xaa'))
                               .sign("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(as_view(hmac_sha1("Jefe", "what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Crc, CheckValues) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc64nvme("123456789"), 0xae8b14860a799888u);
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc64nvme(""), 0u);
}

TEST(Crc, FoldingAgreesWithTheTableAtEveryLength) {
  const std::string bytes = bytes_of_length(1500);
  for (std::size_t count = 0; count <= bytes.size(); ++count) {
    const auto part = std::string_view(bytes).substr(bytes.size() - count);
    ASSERT_EQ(crc64nvme(part), crc64nvme_by_table(part)) << count;
  }
}

TEST(Crc, GoesOnFromOnePieceToTheNext) {
  const std::string bytes = bytes_of_length(5000);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 251) {
    const auto a = std::string_view(bytes).substr(0, cut), b = std::string_view(bytes).substr(cut);
    ASSERT_EQ(crc32(b, crc32(a)), crc32(bytes));
    ASSERT_EQ(crc32c(b, crc32c(a)), crc32c(bytes));
    ASSERT_EQ(crc64nvme(b, crc64nvme(a)), crc64nvme(bytes));
  }
}

TEST(Checksum, TextIsBase64OfBigEndianBytes) {
  EXPECT_EQ(checksum_text(ChecksumKind::crc32, "123456789"), to_base64("\xcb\xf4\x39\x26"));
  EXPECT_EQ(checksum_text(ChecksumKind::crc32c, "123456789"), to_base64("\xe3\x06\x92\x83"));
  EXPECT_EQ(checksum_text(ChecksumKind::crc64nvme, "123456789"),
            to_base64("\xae\x8b\x14\x86\x0a\x79\x98\x88"));
  EXPECT_EQ(checksum_text(ChecksumKind::sha1, "abc"), to_base64(as_view(sha1("abc"))));
  EXPECT_EQ(checksum_text(ChecksumKind::sha256, "abc"), to_base64(as_view(sha256("abc"))));
  EXPECT_EQ(checksum_text(ChecksumKind::md5, "abc"), to_base64(as_view(md5("abc"))));
}

TEST(Checksum, EveryKindStreamsAndNamesItself) {
  const std::string bytes = bytes_of_length(3000);
  for (const ChecksumKind kind : kAllChecksumKinds) {
    Checksum checksum(kind);
    checksum.update(std::string_view(bytes).substr(0, 1111));
    checksum.update(std::string_view(bytes).substr(1111));
    const std::string raw = checksum.finish();
    EXPECT_EQ(raw.size(), size_bytes_of(kind));
    EXPECT_EQ(to_base64(raw), checksum_text(kind, bytes));
    EXPECT_EQ(parse_checksum_text(kind, to_base64(raw)), raw);
    EXPECT_FALSE(parse_checksum_text(kind, to_base64(raw + "x")));
    EXPECT_FALSE(parse_checksum_text(kind, "not base64!"));
    EXPECT_EQ(checksum_kind_of(name_of(kind)), kind);
    EXPECT_EQ(checksum_kind_of_header(header_of(kind)), kind);
  }
  EXPECT_EQ(checksum_kind_of("crc64nvme"), ChecksumKind::crc64nvme);
  EXPECT_FALSE(checksum_kind_of("CRC"));
  EXPECT_FALSE(checksum_kind_of_header("x-amz-checksum-type"));
}

}  // namespace
}  // namespace dyad::crypto
