#include "gateway/s3_body.h"

#include <charconv>

#include "crypto/chunk_signatures.h"
#include "crypto/digest.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

/// What the connection gives, with a client's failures in S3's words ("Error responses": both 400):
/// they are no faults of the server's.
class ClientBody final : public http::BodyReader {
 public:
  explicit ClientBody(http::BodyReader& raw) : raw_(raw) {}

  Task<Result<std::size_t>> read(std::span<char> out) override {
    Result<std::size_t> got = co_await raw_.read(out);
    if (got) co_return got;
    if (got.error().code == ErrorCode::cancelled)
      co_return fail(protocol::service_error(
          "IncompleteBody", 400,
          "You did not provide the number of bytes specified by the Content-Length HTTP header"));
    if (got.error().code == ErrorCode::deadline_exceeded)
      co_return fail(protocol::service_error(
          "RequestTimeout", 400,
          "Your socket connection to the server was not read from or written to within the timeout "
          "period. Idle connections will be closed."));
    co_return got;
  }

  std::optional<std::uint64_t> length() const override { return raw_.length(); }

 private:
  http::BodyReader& raw_;
};

/// A body whose SHA-256 was signed: the end is told only if it is the one that came.
class HashedBody final : public http::BodyReader {
 public:
  HashedBody(http::BodyReader& raw, std::string_view expected_hex)
      : raw_(raw), expected_hex_(expected_hex) {}

  Task<Result<std::size_t>> read(std::span<char> out) override {
    Result<std::size_t> got = co_await raw_.read(out);
    if (!got) co_return got;
    if (*got > 0) {
      hash_.update(std::string_view(out.data(), *got));
    } else if (!checked_) {
      checked_ = true;
      const auto hex = crypto::hex_of(hash_.finish());
      matches_ = std::string_view(hex.data(), hex.size()) == expected_hex_;
      actual_hex_.assign(hex.data(), hex.size());
    }
    if (*got == 0 && !matches_)
      co_return fail(crypto::content_sha256_mismatch_error(expected_hex_, actual_hex_));
    co_return got;
  }

  std::optional<std::uint64_t> length() const override { return raw_.length(); }

 private:
  http::BodyReader& raw_;
  const std::string expected_hex_;
  std::string actual_hex_;
  crypto::Sha256 hash_;
  bool checked_ = false;
  bool matches_ = false;
};

std::unexpected<Error> missing_length() {
  return fail(protocol::service_error("MissingContentLength", 411,
                                      "You must provide the Content-Length HTTP header."));
}

Result<std::uint64_t> decoded_length(const http::RequestHead& head) {
  const std::string_view text = head.value("x-amz-decoded-content-length");
  if (text.empty()) return missing_length();
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return fail(protocol::service_error(
        "InvalidArgument", 400, "The value of x-amz-decoded-content-length is not a valid number"));
  return length;
}

bool is_streaming(crypto::PayloadKind kind) {
  return kind != crypto::PayloadKind::hashed && kind != crypto::PayloadKind::unsigned_payload;
}

}  // namespace

Result<std::unique_ptr<S3Body>> S3Body::open(http::BodyReader& from, const http::RequestHead& head,
                                             const Authenticated& sender) {
  auto body = std::make_unique<S3Body>();
  body->raw_ = std::make_unique<ClientBody>(from);
  http::BodyReader& raw = *body->raw_;
  if (is_streaming(sender.payload)) {
    protocol::AwsChunkedOptions options;
    options.kind = sender.payload;
    DYAD_TRY_ASSIGN(options.decoded_length, decoded_length(head));
    options.trailer_names = protocol::parse_trailer_names(head.value("x-amz-trailer"));
    if (sender.payload != crypto::PayloadKind::streaming_unsigned_trailer)
      options.signatures.emplace(*sender.signing_key, sender.amz_date, sender.scope,
                                 sender.seed_signature);
    auto chunked = std::make_unique<protocol::AwsChunkedBody>(raw, std::move(options));
    body->trailers_ = &chunked->trailers();
    body->owned_ = std::move(chunked);
  } else if (sender.payload == crypto::PayloadKind::hashed) {
    body->owned_ = std::make_unique<HashedBody>(raw, sender.payload_hash);
  }
  body->reader_ = body->owned_ ? body->owned_.get() : &raw;
  // S3 takes no body whose length it is not told: a chunked transfer without aws-chunked.
  if (!body->reader_->length()) {
    Error error = protocol::service_error("NotImplemented", 501,
                                          "A header you provided implies functionality that is not "
                                          "implemented");
    return fail(protocol::with_field(std::move(error), "Header", "Transfer-Encoding"));
  }
  return body;
}

}  // namespace dyad::gateway
