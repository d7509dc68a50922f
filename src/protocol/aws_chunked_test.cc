#include "protocol/aws_chunked.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "runtime/simulation.h"

namespace dyad::protocol {
namespace {

using crypto::ChunkSignatures;
using crypto::PayloadKind;

/// A body that comes in pieces of at most so many bytes, each of them when the executor gets to it,
/// as a socket's does.
class PiecesBody final : public http::BodyReader {
 public:
  PiecesBody(std::string_view bytes, std::size_t most) : inner_(bytes), most_(most) {}
  Task<Result<std::size_t>> read(std::span<char> out) override {
    const std::span<char> part = out.first(std::min(out.size(), most_));
    co_await resume_on(*Executor::current());
    co_return co_await inner_.read(part);
  }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }

 private:
  http::StringBody inner_;
  std::size_t most_;
};

// The example of the S3 API reference: 65 KiB of 'a' in chunks of 64 KiB.
const crypto::CredentialScope kScope{"20130524", "us-east-1", "s3"};
const std::string kData(65 * 1024, 'a');
constexpr std::string_view kSeed =
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
constexpr std::string_view kTrailerSeed =
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

ChunkSignatures chain(std::string_view seed) {
  return ChunkSignatures(
      crypto::derive_signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", kScope),
      "20130524T000000Z", kScope, seed);
}

std::string documented(const std::vector<std::string>& signatures, const std::string& rest) {
  return "10000;chunk-signature=" + signatures[0] + "\r\n" + kData.substr(0, 65536) +
         "\r\n400;chunk-signature=" + signatures[1] + "\r\n" + kData.substr(65536) +
         "\r\n0;chunk-signature=" + signatures[2] + "\r\n" + rest;
}
const std::string kSignedBody =
    documented({"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
               "\r\n");
const std::string kTrailers =
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
std::string trailer_body(const std::string& rest) {
  return documented({"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                     "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                     "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"},
                    rest);
}

AwsChunkedOptions signed_options() {
  return {PayloadKind::streaming_signed, chain(kSeed), kData.size(), {}};
}
AwsChunkedOptions trailer_options() {
  return {PayloadKind::streaming_signed_trailer,
          chain(kTrailerSeed),
          kData.size(),
          {"x-amz-checksum-crc32c"}};
}
AwsChunkedOptions unsigned_options(std::size_t length) {
  return {PayloadKind::streaming_unsigned_trailer, std::nullopt, length, {"x-amz-checksum-crc32"}};
}

struct Decoded {
  std::string data;
  std::string error;  ///< S3's code, or the message of another error; empty: none.
  std::optional<AwsChunkedReason> reason;
  std::vector<AwsTrailer> trailers;
};

Decoded decode(std::string_view encoded, AwsChunkedOptions options,
               std::size_t piece_bytes = SIZE_MAX) {
  Simulation simulation(1);
  PiecesBody raw(encoded, piece_bytes);
  AwsChunkedBody body(raw, std::move(options));
  const Result<std::string> data = simulation.run_until(http::read_all(body, 1024 * 1024));
  Decoded decoded;
  if (data) {
    decoded.data = *data;
    decoded.trailers = body.trailers();
  } else if (const auto* detail = aws_chunked_error_of(data.error())) {
    decoded.error = detail->aws_code;
    decoded.reason = detail->reason;
  } else {
    decoded.error = data.error().message;
  }
  return decoded;
}

TEST(AwsChunked, DocumentedSignedBody) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, SIZE_MAX}) {
    const Decoded decoded = decode(kSignedBody, signed_options(), piece);
    EXPECT_EQ(decoded.error, "");
    EXPECT_EQ(decoded.data, kData);
  }
}

TEST(AwsChunked, DocumentedTrailersWithAndWithoutExtraEmptyLines) {
  for (const std::string& rest :
       {kTrailers + "\r\n", "\r\n" + kTrailers + "\r\n", kTrailers, "\r\n" + kTrailers}) {
    const Decoded decoded = decode(trailer_body(rest), trailer_options(), 1000);
    EXPECT_EQ(decoded.error, "");
    EXPECT_EQ(decoded.data, kData);
    ASSERT_EQ(decoded.trailers.size(), 1u);
    EXPECT_EQ(decoded.trailers[0].name, "x-amz-checksum-crc32c");
    EXPECT_EQ(decoded.trailers[0].value, "sOO8/Q==");
  }
}

TEST(AwsChunked, UnsignedTrailerAsSdksSendIt) {
  const Decoded decoded =
      decode("5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n", unsigned_options(5), 1);
  EXPECT_EQ(decoded.error, "");
  EXPECT_EQ(decoded.data, "hello");
  ASSERT_EQ(decoded.trailers.size(), 1u);
  EXPECT_EQ(decoded.trailers[0].value, "NhCmhg==");
  const Decoded empty = decode("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", unsigned_options(0));
  EXPECT_EQ(empty.error, "");
  EXPECT_EQ(empty.data, "");
}

TEST(AwsChunked, AnyFlippedByteOfASignedBodyIsRefused) {
  SeededRandom random(3);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = trailer_body(kTrailers + "\r\n");
    // Mostly around the framing.
    const std::size_t at = round % 3 == 0   ? random.below(damaged.size())
                           : round % 3 == 1 ? random.below(100)
                                            : damaged.size() - 1 - random.below(400);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(7)));
    const Decoded decoded = decode(damaged, trailer_options());
    if (decoded.error.empty()) {
      // Letter case of sizes and of trailer names does not matter.
      EXPECT_EQ(damaged[at] | 0x20, trailer_body(kTrailers + "\r\n")[at] | 0x20) << at;
      EXPECT_EQ(decoded.data, kData);
    }
  }
}

TEST(AwsChunked, EveryTruncationIsRefused) {
  const std::string whole = kSignedBody;
  SeededRandom random(5);
  for (int round = 0; round < 200; ++round) {
    // The very last empty line may be missing.
    const std::size_t cut = round < 100 ? whole.size() - 3 - static_cast<std::size_t>(round)
                                        : random.below(whole.size() - 2);
    const Decoded decoded = decode(std::string_view(whole).substr(0, cut), signed_options());
    EXPECT_EQ(decoded.error, "IncompleteBody") << cut;
    EXPECT_EQ(decoded.reason, AwsChunkedReason::ended_early) << cut;
  }
}

TEST(AwsChunked, MalformedChunks) {
  const auto reason = [](const std::string& encoded, std::size_t length) {
    return decode(encoded, unsigned_options(length)).reason;
  };
  const std::string end = "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
  for (const std::string head :
       {"", "x", "-5", "5 ", " 5", "0x5", "5;", "5;chunk-signature=a", "1234567890abcdef"})
    EXPECT_EQ(reason(head + "\r\nhello\r\n" + end, 5), AwsChunkedReason::malformed_chunk) << head;
  EXPECT_EQ(reason("4\r\nhello\r\n" + end, 4), AwsChunkedReason::malformed_chunk);
  EXPECT_EQ(reason("5\nhello\r\n" + end, 5), AwsChunkedReason::malformed_chunk);
  EXPECT_EQ(reason(std::string(AwsChunkedBody::kMaxChunkHeaderBytes + 1, '0') + "\r\n", 5),
            AwsChunkedReason::malformed_chunk);
  EXPECT_EQ(reason("6\r\nhello!\r\n" + end, 5), AwsChunkedReason::wrong_length);
  EXPECT_EQ(reason("5\r\nhello\r\n" + end, 6), AwsChunkedReason::wrong_length);
  EXPECT_EQ(reason("5\r\nhello\r\n1\r\n!\r\n" + end, 6), AwsChunkedReason::chunk_too_small);
  // No signature where there must be one.
  EXPECT_EQ(decode("0\r\n\r\n", {PayloadKind::streaming_signed, chain(kSeed), 0, {}}).reason,
            AwsChunkedReason::malformed_chunk);
}

TEST(AwsChunked, MalformedTrailers) {
  const auto code = [](const std::string& trailer) {
    return decode("5\r\nhello\r\n0\r\n" + trailer, unsigned_options(5)).error;
  };
  EXPECT_EQ(code("\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-crc32\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-sha1:AAAA\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
            "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-crc32:AA\x01\r\n\r\n"), "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-crc32:AAAAAA==\r\n\r\nmore"), "MalformedTrailerError");
  EXPECT_EQ(code("x-amz-checksum-crc32:" + std::string(AwsChunkedBody::kMaxTrailerBytes, 'A') +
                 "\r\n\r\n"),
            "MalformedTrailerError");
  EXPECT_EQ(decode(trailer_body("x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n"), trailer_options()).error,
            "MalformedTrailerError");
  EXPECT_EQ(
      decode(trailer_body("x-amz-checksum-crc32c:sOO8/g==\r\n" + kTrailers.substr(32) + "\r\n"),
             trailer_options())
          .error,
      "SignatureDoesNotMatch");

  AwsChunkedOptions many = unsigned_options(0);
  many.trailer_names.clear();
  std::string lines;
  for (std::size_t i = 0; i <= AwsChunkedBody::kMaxTrailers; ++i) {
    many.trailer_names.push_back("t" + std::to_string(i));
    lines += many.trailer_names.back() + ":v\r\n";
  }
  EXPECT_EQ(decode("0\r\n" + lines + "\r\n", many).error, "MalformedTrailerError");
}

TEST(AwsChunked, TheEncoderMakesTheDocumentedBodies) {
  ChunkSignatures signatures = chain(kSeed);
  EXPECT_EQ(encode_aws_chunked(kData, 65536, &signatures, nullptr), kSignedBody);
  ChunkSignatures with_trailer = chain(kTrailerSeed);
  const std::vector<AwsTrailer> trailers{{"x-amz-checksum-crc32c", "sOO8/Q=="}};
  EXPECT_EQ(encode_aws_chunked(kData, 65536, &with_trailer, &trailers),
            trailer_body(kTrailers + "\r\n"));
}

TEST(AwsChunked, TrailerNames) {
  EXPECT_EQ(parse_trailer_names(" X-Amz-Checksum-CRC32 , b,,"),
            (std::vector<std::string>{"x-amz-checksum-crc32", "b"}));
  EXPECT_TRUE(parse_trailer_names("").empty());
}

}  // namespace
}  // namespace dyad::protocol
