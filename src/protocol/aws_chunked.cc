#include "protocol/aws_chunked.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/ascii.h"

namespace dyad::protocol {
namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr std::string_view kSignatureField = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

struct Wording {
  std::string_view code;
  int http_status;
  std::string_view message;
};

Wording wording_of(AwsChunkedReason reason) {
  switch (reason) {
    case AwsChunkedReason::ended_early:
    case AwsChunkedReason::malformed_chunk:
      return {"IncompleteBody", 400, "The request body terminated unexpectedly"};
    case AwsChunkedReason::wrong_length:
      return {
          "IncompleteBody", 400,
          "You did not provide the number of bytes specified by the Content-Length HTTP header"};
    case AwsChunkedReason::chunk_too_small:
      return {"InvalidChunkSizeError", 403,
              "Only the last chunk is allowed to have a size less than 8192 bytes"};
    case AwsChunkedReason::signature_mismatch:
      return {"SignatureDoesNotMatch", 403,
              "The request signature we calculated does not match the signature you provided. "
              "Check your "
              "key and signing method."};
    case AwsChunkedReason::malformed_trailer:
      return {
          "MalformedTrailerError", 400,
          "The request contained trailing data that was not well-formed or did not conform to our "
          "published schema."};
  }
  return {"IncompleteBody", 400, "The request body terminated unexpectedly"};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

bool parse_hex(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 15) return false;
  out = 0;
  for (const char c : text) {
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value < 0) return false;
    out = out << 4 | static_cast<std::uint64_t>(value);
  }
  return true;
}

}  // namespace

const AwsChunkedErrorDetail* aws_chunked_error_of(const Error& error) {
  return dynamic_cast<const AwsChunkedErrorDetail*>(error.detail.get());
}

std::vector<std::string> parse_trailer_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = trimmed(list.substr(0, comma));
    if (!name.empty()) names.push_back(ascii_lower(name));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

AwsChunkedBody::AwsChunkedBody(http::BodyReader& raw, AwsChunkedOptions options)
    : raw_(raw),
      options_(std::move(options)),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {
  DYAD_CHECK(!signed_chunks() || options_.signatures.has_value());
}

std::unexpected<Error> AwsChunkedBody::failure(AwsChunkedReason reason) {
  state_ = State::failed;
  const Wording wording = wording_of(reason);
  auto detail = std::make_shared<AwsChunkedErrorDetail>();
  detail->reason = reason;
  detail->aws_code = wording.code;
  detail->http_status = wording.http_status;
  const ErrorCode code = reason == AwsChunkedReason::signature_mismatch
                             ? ErrorCode::permission_denied
                             : ErrorCode::invalid_argument;
  return fail(Error(code, std::string(wording.message), std::move(detail)));
}

Task<Result<std::size_t>> AwsChunkedBody::read(std::span<char> out) {
  for (;;) {
    switch (state_) {
      case State::chunk_head: {
        DYAD_CO_TRY(co_await read_chunk_head());
        break;
      }
      case State::data:
        co_return co_await read_data(out);
      case State::chunk_end: {
        DYAD_CO_TRY(co_await read_chunk_end());
        break;
      }
      case State::trailer: {
        DYAD_CO_TRY(co_await read_trailer());
        break;
      }
      case State::ended:
        co_return std::size_t{0};
      case State::failed:
        co_return fail(ErrorCode::cancelled, "the body has failed before");
    }
  }
}

Task<Result<bool>> AwsChunkedBody::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // The limits on lines are below the buffer's size.
  DYAD_CHECK(end_ < kBufferBytes);
  const std::span<char> room(buffer_.get() + end_, kBufferBytes - end_);
  const Result<std::size_t> count = co_await raw_.read(room);
  if (!count) {
    state_ = State::failed;
    co_return fail(count.error());
  }
  end_ += *count;
  co_return *count > 0;
}

Task<Result<std::optional<std::string_view>>> AwsChunkedBody::read_line(std::size_t limit_bytes,
                                                                        AwsChunkedReason too_long) {
  std::size_t scanned = 0;
  for (;;) {
    const std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
    const std::size_t end = bytes.find("\r\n", scanned);
    if (end != std::string_view::npos && end <= limit_bytes) {
      begin_ += end + 2;
      co_return std::optional(bytes.substr(0, end));
    }
    if (bytes.size() >= limit_bytes + 2) co_return failure(too_long);
    scanned = bytes.empty() ? 0 : bytes.size() - 1;
    DYAD_CO_TRY_ASSIGN(const bool more, co_await fill());
    if (more) continue;
    if (begin_ == end_) co_return std::optional<std::string_view>();
    co_return failure(AwsChunkedReason::ended_early);
  }
}

Task<Result<>> AwsChunkedBody::read_chunk_head() {
  DYAD_CO_TRY_ASSIGN(const auto line,
                     co_await read_line(kMaxChunkHeaderBytes, AwsChunkedReason::malformed_chunk));
  if (!line) co_return failure(AwsChunkedReason::ended_early);
  co_return parse_chunk_head(*line);
}

Result<> AwsChunkedBody::parse_chunk_head(std::string_view line) {
  const std::size_t digits = std::min(line.find(';'), line.size());
  const std::string_view extension = line.substr(digits);
  if (!parse_hex(line.substr(0, digits), chunk_left_))
    return failure(AwsChunkedReason::malformed_chunk);
  if (signed_chunks()) {
    if (extension.size() != 1 + kSignatureField.size() + 64 ||
        extension.substr(1, kSignatureField.size()) != kSignatureField)
      return failure(AwsChunkedReason::malformed_chunk);
    chunk_signature_ = extension.substr(1 + kSignatureField.size());
    chunk_hash_.reset();
  } else if (!extension.empty()) {
    return failure(AwsChunkedReason::malformed_chunk);
  }
  if (chunk_left_ == 0) {
    DYAD_TRY(verify_chunk());
    if (total_ != options_.decoded_length) return failure(AwsChunkedReason::wrong_length);
    state_ = State::trailer;
    return {};
  }
  // Told before its bytes are taken.
  if (chunk_left_ > options_.decoded_length - total_)
    return failure(AwsChunkedReason::wrong_length);
  if (small_chunk_seen_) return failure(AwsChunkedReason::chunk_too_small);
  small_chunk_seen_ = chunk_left_ < kMinChunkBytes;
  state_ = State::data;
  return {};
}

Task<Result<std::size_t>> AwsChunkedBody::read_data(std::span<char> out) {
  if (out.size() > chunk_left_) out = out.first(static_cast<std::size_t>(chunk_left_));
  std::size_t count = std::min(out.size(), end_ - begin_);
  if (count > 0) {
    std::memcpy(out.data(), buffer_.get() + begin_, count);
    begin_ += count;
  } else {
    const Result<std::size_t> came = co_await raw_.read(out);
    if (!came) {
      state_ = State::failed;
      co_return fail(came.error());
    }
    if (*came == 0) co_return failure(AwsChunkedReason::ended_early);
    count = *came;
  }
  if (signed_chunks()) chunk_hash_.update({out.data(), count});
  total_ += count;
  chunk_left_ -= count;
  if (chunk_left_ == 0) state_ = State::chunk_end;
  co_return count;
}

Task<Result<>> AwsChunkedBody::read_chunk_end() {
  DYAD_CO_TRY_ASSIGN(const auto line, co_await read_line(0, AwsChunkedReason::malformed_chunk));
  if (!line) co_return failure(AwsChunkedReason::ended_early);
  DYAD_CO_TRY(verify_chunk());
  state_ = State::chunk_head;
  co_return Result<>{};
}

Result<> AwsChunkedBody::verify_chunk() {
  if (!signed_chunks()) return {};
  const auto expected = options_.signatures->next(chunk_hash_.finish());
  if (!crypto::constant_time_equal({expected.data(), expected.size()}, chunk_signature_))
    return failure(AwsChunkedReason::signature_mismatch);
  return {};
}

/// What follows the empty chunk: an empty line, or trailers and an empty line. AWS's own example
/// puts an empty line before the trailers too, its SDKs do not; and the last one may be missing.
Task<Result<>> AwsChunkedBody::read_trailer() {
  std::size_t left = kMaxTrailerBytes;
  for (bool first = true;; first = false) {
    DYAD_CO_TRY_ASSIGN(const auto line,
                       co_await read_line(left, AwsChunkedReason::malformed_trailer));
    if (!line) break;
    if (line->empty()) {
      if (first && with_trailer()) continue;
      DYAD_CO_TRY_ASSIGN(const auto after,
                         co_await read_line(0, AwsChunkedReason::malformed_trailer));
      if (after) co_return failure(AwsChunkedReason::malformed_trailer);
      break;
    }
    left -= line->size();
    DYAD_CO_TRY(take_trailer_line(*line));
  }
  DYAD_CO_TRY(verify_trailer());
  state_ = State::ended;
  co_return Result<>{};
}

Result<> AwsChunkedBody::take_trailer_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (!with_trailer() || colon == std::string_view::npos || colon == 0 || trailer_signature_ ||
      trailers_.size() == kMaxTrailers)
    return failure(AwsChunkedReason::malformed_trailer);
  std::string name = ascii_lower(trimmed(line.substr(0, colon)));
  const std::string_view value = trimmed(line.substr(colon + 1));
  const bool plain = std::ranges::all_of(
      value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (!plain) return failure(AwsChunkedReason::malformed_trailer);
  if (name == kTrailerSignature && signed_chunks()) {
    trailer_signature_ = value;
    return {};
  }
  const bool declared =
      std::ranges::find(options_.trailer_names, name) != options_.trailer_names.end();
  const bool repeated = std::ranges::find(trailers_, name, &AwsTrailer::name) != trailers_.end();
  if (!declared || repeated) return failure(AwsChunkedReason::malformed_trailer);
  trailers_to_sign_.append(name).append(":").append(value).append("\n");
  trailers_.push_back({std::move(name), std::string(value)});
  return {};
}

Result<> AwsChunkedBody::verify_trailer() {
  if (trailers_.size() != options_.trailer_names.size())
    return failure(AwsChunkedReason::malformed_trailer);
  if (options_.kind != crypto::PayloadKind::streaming_signed_trailer) return {};
  if (!trailer_signature_) return failure(AwsChunkedReason::malformed_trailer);
  const auto expected = options_.signatures->trailer(trailers_to_sign_);
  if (!crypto::constant_time_equal({expected.data(), expected.size()}, *trailer_signature_))
    return failure(AwsChunkedReason::signature_mismatch);
  return {};
}

std::string encode_aws_chunked(std::string_view data, std::size_t chunk_bytes,
                               crypto::ChunkSignatures* signatures,
                               const std::vector<AwsTrailer>* trailers) {
  std::string out;
  const auto text = [](const crypto::ChunkSignatures::Text& t) {
    return std::string_view(t.data(), t.size());
  };
  for (bool last = false; !last;) {
    const std::string_view chunk = data.substr(0, chunk_bytes);
    data.remove_prefix(chunk.size());
    last = chunk.empty();
    out += fmt::format("{:x}", chunk.size());
    if (signatures != nullptr)
      out.append(";").append(kSignatureField).append(text(signatures->next(crypto::sha256(chunk))));
    out.append("\r\n").append(chunk);
    if (!last) out.append("\r\n");
  }
  if (trailers != nullptr) {
    std::string to_sign;
    for (const AwsTrailer& trailer : *trailers) {
      out.append(trailer.name).append(":").append(trailer.value).append("\r\n");
      to_sign.append(trailer.name).append(":").append(trailer.value).append("\n");
    }
    if (signatures != nullptr)
      out.append(kTrailerSignature)
          .append(":")
          .append(text(signatures->trailer(to_sign)))
          .append("\r\n");
  }
  return out.append("\r\n");
}

}  // namespace dyad::protocol
