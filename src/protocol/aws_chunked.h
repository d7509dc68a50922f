#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/chunk_signatures.h"
#include "crypto/digest.h"
#include "crypto/sigv4.h"
#include "http/body.h"

namespace dyad::protocol {

// S3's "aws-chunked" content encoding: the body comes in chunks, each of them signed or not, with
// trailing headers after the last where x-amz-content-sha256 says so (S3 API reference,
// "sigv4-streaming" and "sigv4-streaming-trailers").

/// Why a body was refused, and what S3 calls it.
enum class AwsChunkedReason : std::uint8_t {
  ended_early,         ///< IncompleteBody
  malformed_chunk,     ///< IncompleteBody: size, signature field or line ends.
  wrong_length,        ///< IncompleteBody: not x-amz-decoded-content-length bytes.
  chunk_too_small,     ///< InvalidChunkSizeError: under 8 KiB and not the last.
  signature_mismatch,  ///< SignatureDoesNotMatch
  malformed_trailer,   ///< MalformedTrailerError: form, or not the names of x-amz-trailer.
};

class AwsChunkedErrorDetail final : public ErrorDetail {
 public:
  AwsChunkedReason reason = AwsChunkedReason::malformed_chunk;
  std::string_view aws_code;
  int http_status = 400;
};

/// Null: `error` is of another kind (the connection's own, for instance).
const AwsChunkedErrorDetail* aws_chunked_error_of(const Error& error);

struct AwsTrailer {
  std::string name;  ///< Lower case.
  std::string value;
};

struct AwsChunkedOptions {
  crypto::PayloadKind kind = crypto::PayloadKind::streaming_unsigned_trailer;  ///< A streaming one.
  std::optional<crypto::ChunkSignatures> signatures;  ///< For the signed kinds.
  std::uint64_t decoded_length = 0;                   ///< x-amz-decoded-content-length.
  std::vector<std::string> trailer_names;             ///< Of x-amz-trailer.
};

/// "x-amz-checksum-crc32c, x-amz-meta" as lower-case names.
std::vector<std::string> parse_trailer_names(std::string_view x_amz_trailer);

/// The object's bytes out of an aws-chunked body. Bytes are handed on before their chunk's
/// signature has come: nothing may be committed before read() has returned zero, which it does only
/// when every signature, the length and the trailers are right.
class AwsChunkedBody final : public http::BodyReader {
 public:
  static constexpr std::size_t kMaxChunkHeaderBytes = 256;
  static constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
  static constexpr std::size_t kMaxTrailers = 16;
  static constexpr std::uint64_t kMinChunkBytes = 8 * 1024;

  AwsChunkedBody(http::BodyReader& raw, AwsChunkedOptions options);

  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override { return options_.decoded_length; }
  /// After the end. Checksum values are text as sent, not compared with anything yet.
  const std::vector<AwsTrailer>& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { chunk_head, data, chunk_end, trailer, ended, failed };

  bool signed_chunks() const {
    return options_.kind != crypto::PayloadKind::streaming_unsigned_trailer;
  }
  bool with_trailer() const { return options_.kind != crypto::PayloadKind::streaming_signed; }

  Task<Result<std::size_t>> read_data(std::span<char> out);
  Task<Result<>> read_chunk_head();
  Result<> parse_chunk_head(std::string_view line);
  Task<Result<>> read_chunk_end();
  Result<> verify_chunk();
  Task<Result<>> read_trailer();
  Result<> take_trailer_line(std::string_view line);
  Result<> verify_trailer();

  /// A line without CR LF, in the buffer until the next call; none: the raw body is at its end.
  Task<Result<std::optional<std::string_view>>> read_line(std::size_t limit_bytes,
                                                          AwsChunkedReason too_long);
  Task<Result<bool>> fill();  ///< False: the raw body is at its end.
  std::unexpected<Error> failure(AwsChunkedReason reason);

  http::BodyReader& raw_;
  AwsChunkedOptions options_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  State state_ = State::chunk_head;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t total_ = 0;
  bool small_chunk_seen_ = false;
  std::string chunk_signature_;
  crypto::Sha256 chunk_hash_;
  std::vector<AwsTrailer> trailers_;
  std::string trailers_to_sign_;
  std::optional<std::string> trailer_signature_;
};

/// The encoding side, for clients and tests. `signatures`: null for unsigned chunks; `trailers`:
/// null for the kind without. `chunk_bytes` is at least AwsChunkedBody::kMinChunkBytes for S3 to
/// take it.
std::string encode_aws_chunked(std::string_view data, std::size_t chunk_bytes,
                               crypto::ChunkSignatures* signatures,
                               const std::vector<AwsTrailer>* trailers);

}  // namespace dyad::protocol
