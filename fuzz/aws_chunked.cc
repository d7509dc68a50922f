// S3's own chunks. Whatever is done to a body whose chunks are signed, no other bytes than those
// that were signed come out of it with success; and pieces are read as the whole.

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/run_now.h"
#include "protocol/aws_chunked.h"

namespace dyad::fuzz {
namespace {

using namespace protocol;
using crypto::PayloadKind;

constexpr std::size_t kMaxDataBytes = 40 * 1024;

crypto::ChunkSignatures signatures() {
  const crypto::CredentialScope scope{"20260102", "us-east-1", "s3"};
  return crypto::ChunkSignatures(crypto::HmacSha256("a key of this target alone"),
                                 "20260102T030405Z", scope, std::string(64, '0'));
}

struct Outcome {
  std::string bytes;
  std::string error;  ///< Empty: read to the end.
  std::string trailers;
  bool operator==(const Outcome&) const = default;
};

Task<Outcome> decode(std::string_view raw, std::size_t piece_bytes, AwsChunkedOptions options) {
  GivenBody source(raw, piece_bytes);
  AwsChunkedBody body(source, std::move(options));
  Outcome outcome;
  std::string buffer(4096, '\0');
  for (;;) {
    const Result<std::size_t> count = co_await body.read(buffer);
    if (!count) {
      outcome.error = count.error().to_string();
      DYAD_CHECK(!outcome.error.empty());
      break;
    }
    if (*count == 0) break;
    outcome.bytes.append(buffer, 0, *count);
  }
  if (outcome.error.empty())
    for (const AwsTrailer& trailer : body.trailers())
      outcome.trailers.append(trailer.name).append(":").append(trailer.value).append("\n");
  co_return outcome;
}

AwsChunkedOptions options_of(PayloadKind kind, std::uint64_t decoded_length) {
  AwsChunkedOptions options;
  options.kind = kind;
  if (kind != PayloadKind::streaming_unsigned_trailer) options.signatures = signatures();
  options.decoded_length = decoded_length;
  if (kind != PayloadKind::streaming_signed) options.trailer_names = {"x-amz-checksum-crc32c"};
  return options;
}

constexpr PayloadKind kKinds[] = {PayloadKind::streaming_unsigned_trailer,
                                  PayloadKind::streaming_signed,
                                  PayloadKind::streaming_signed_trailer};

/// Bytes as they come from anybody.
void check_given(Input input) {
  const PayloadKind kind = kKinds[input.choice(3)];
  const std::size_t piece_bytes = input.choice(10) + 1;
  const std::uint64_t decoded_length = input.le16();
  const Outcome whole = run_now(decode(input.rest(), SIZE_MAX, options_of(kind, decoded_length)));
  const Outcome pieces =
      run_now(decode(input.rest(), piece_bytes, options_of(kind, decoded_length)));
  DYAD_CHECK(whole.error == pieces.error && whole.trailers == pieces.trailers);
  DYAD_CHECK(!whole.error.empty() || whole.bytes == pieces.bytes);
  DYAD_CHECK(!whole.error.empty() || whole.bytes.size() == decoded_length);
}

/// A body as a client makes it, and what an attacker on the way does to it.
void check_damaged(Input input) {
  const PayloadKind kind = kKinds[1 + input.choice(2)];
  const std::size_t piece_bytes = input.le16() + std::size_t{1};
  const std::size_t data_bytes = input.le16() % kMaxDataBytes;
  const std::size_t chunk_bytes = AwsChunkedBody::kMinChunkBytes + input.le16();
  std::string data;
  const std::string pattern = "dyad" + std::string(input.until('\n'));
  while (data.size() < data_bytes) data += pattern;
  data.resize(data_bytes);
  const std::vector<AwsTrailer> trailers{{"x-amz-checksum-crc32c", "sOO8/Q=="}};
  crypto::ChunkSignatures chain = signatures();
  std::string raw =
      encode_aws_chunked(data, chunk_bytes, &chain,
                         kind == PayloadKind::streaming_signed_trailer ? &trailers : nullptr);
  const std::string as_signed = raw;

  while (!input.rest().empty() && !raw.empty()) {
    const std::uint8_t what = input.byte();
    const std::size_t at = (input.le16() * std::size_t{7}) % raw.size();
    if (what < 128)
      raw[at] = static_cast<char>(input.byte());
    else if (what < 160)
      raw.resize(at);
    else if (what < 200)
      raw.erase(at, input.byte());
    else
      raw.insert(at, input.take(what - 199));
  }
  const Outcome outcome = run_now(decode(raw, piece_bytes, options_of(kind, data_bytes)));
  DYAD_CHECK(raw != as_signed || outcome.error.empty());
  DYAD_CHECK(!outcome.error.empty() || outcome.bytes == data);
}

}  // namespace

void check(Input input) {
  parse_trailer_names(input.rest());
  if (input.choice(2) == 0)
    check_given(input);
  else
    check_damaged(input);
}

}  // namespace dyad::fuzz
