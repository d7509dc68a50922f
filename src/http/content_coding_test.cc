#include "http/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "runtime/simulation.h"

namespace dyad::http {
namespace {

std::string packed(std::string_view body, ContentCoding coding) {
  Simulation simulation(1);
  return simulation.run_until(pack(body, coding));
}

Result<std::string> unpacked(std::string_view body, std::size_t max_bytes = 1u << 20) {
  Simulation simulation(1);
  return simulation.run_until(unpack_gzip(body, max_bytes));
}

/// zlib's own way back, for either wrapping.
std::string inflated(std::string_view body, std::size_t bytes, int window) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, window), Z_OK);
  std::string out(bytes + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

/// Neither empty nor all alike.
std::string some_text(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size() * text.size()) + ",";
  text.resize(bytes);
  return text;
}

TEST(ContentCoding, WhatIsAskedForAsDynamoDbUnderstandsIt) {
  using enum ContentCoding;
  const struct {
    const char* header;
    ContentCoding coding;
  } cases[] = {
      {"", identity},
      {"identity", identity},
      {"gzip", gzip},
      {"deflate", deflate},
      {"br", identity},
      {"x-gzip", identity},
      {"gzip, deflate", gzip},
      {"br, identity, deflate, gzip", deflate},
      {"GZIP, identity", gzip},
      {"dog, gzip ,, cat", gzip},
      {"gzip;q=0.8, deflate;q=0.5", gzip},
      {"br, gzip;q=0, deflate; q = 0.5 , identity;q=0", deflate},
      {"*", gzip},
      {"*, deflate;q=0.5", gzip},
      {"*, deflate", deflate},
      {"*, gzip;q=0.5", deflate},
      {"*;q=0", identity},
      {"*;q=0.5,identity", gzip},
      {"gzip ;q=0", identity},
      {"gzip;q=0.5,identity;q=0.8", gzip},
      {"\"gzip\"", identity},
      {"gzip br", identity},
      {"gzip:q=1", identity},
      {"deflate;q=0.5, gzip;q=31", gzip},
      {"gzip;q=31,deflate;q=51", gzip},
      {"deflate;q=0.5, gzip;q=0.2", deflate},
      {"deflate;q=0.5, gzip;q=1;q=0.2", gzip},
      {"deflate;q=0.5,gzip;q=0.", deflate},
      {"deflate;q=0.5,gzip;q=0.x", gzip},
      {"deflate;q=-0.5,gzip;q=0.2", gzip},
      {"gzip;nq=1;q=0 ", identity},
      {"gzip;q=0, gzip;q=1, gzip;q=0", gzip},
      {"br,identity;q=0.5,gzip;q=0.0001", gzip},
      {"gzip;q=0.00000000000000000000001", identity},
      {";;;,,,;q=1", identity},
  };
  for (const auto& one : cases) EXPECT_EQ(choose_coding(one.header), one.coding) << one.header;
}

TEST(ContentCoding, PacksAndUnpacksBodiesOfAnySize) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, kCodingStepBytes - 1, kCodingStepBytes,
        kCodingStepBytes + 1, 5 * kCodingStepBytes + 17}) {
    const std::string text = some_text(bytes);
    const std::string gzip = packed(text, ContentCoding::gzip);
    EXPECT_EQ(inflated(gzip, bytes, 15 + 16), text);
    EXPECT_EQ(inflated(packed(text, ContentCoding::deflate), bytes, 15), text);
    EXPECT_EQ(*unpacked(gzip), text);
    if (bytes > 1000) {
      EXPECT_LT(gzip.size(), bytes / 2);
    }
  }
}

TEST(ContentCoding, SeveralMembersAreOneText) {
  const std::string text = some_text(1000);
  const std::string first = packed(text.substr(0, 10), ContentCoding::gzip);
  const std::string second = packed(text.substr(10), ContentCoding::gzip);
  EXPECT_EQ(*unpacked(first + second), text);
  EXPECT_EQ(*unpacked(first + second + "junk"), text) << "DynamoDB passes over what follows";
}

TEST(ContentCoding, MembersMayBeManyAndSmall) {
  const std::string nothing = packed({}, ContentCoding::gzip);
  const std::string letter = packed("a", ContentCoding::gzip);
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += i % 2 == 0 ? nothing : letter;
  EXPECT_EQ(*unpacked(body), std::string(10'000, 'a'));
}

TEST(ContentCoding, WhatIsNoGzipIsRefused) {
  const std::string gzip = packed(some_text(1000), ContentCoding::gzip);
  std::string broken = gzip;
  broken[broken.size() / 2] ^= 0x55;
  std::string bad_sum = gzip;
  bad_sum[bad_sum.size() - 6] ^= 1;
  for (const std::string& body :
       {std::string(), std::string("{}"), gzip.substr(0, 5), gzip.substr(0, gzip.size() - 1),
        broken, bad_sum, packed("{}", ContentCoding::deflate)}) {
    const auto text = unpacked(body);
    ASSERT_FALSE(text) << body.size();
    EXPECT_EQ(text.error().code, ErrorCode::invalid_argument);
  }
}

TEST(ContentCoding, ABombIsNotUnpackedBeyondItsLimit) {
  const std::string bomb = packed(std::string(8u << 20, ' '), ContentCoding::gzip);
  EXPECT_LT(bomb.size(), 50'000U);
  const auto text = unpacked(bomb, 1u << 20);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::too_large);

  const std::string fits = packed(std::string(1u << 20, ' '), ContentCoding::gzip);
  EXPECT_EQ(unpacked(fits, 1u << 20)->size(), 1u << 20);
  EXPECT_FALSE(unpacked(fits, (1u << 20) - 1));
}

}  // namespace
}  // namespace dyad::http
