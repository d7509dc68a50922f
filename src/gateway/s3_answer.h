#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "protocol/rest_binding.h"

namespace dyad::gateway {

/// What stands in front of every answer but an error.
void add_usual_s3_headers(Exchange& exchange);

/// The head of an answer of S3: the usual headers and those of the output. What the output says of
/// the length is returned, for the connection writes it.
std::optional<std::uint64_t> begin_s3_answer(Exchange& exchange, std::uint16_t status,
                                             const protocol::RestResponse& rendered);

/// What an operation whose body is a stream holds of a long one at most: what is received, hashed
/// and written meanwhile (s3::LargeUpload::kMemoryBytes), and a frame.
constexpr std::size_t kLongStreamedBodyBytes = 1280u << 10;
/// A body of so many bytes is a long one (s3::S3Options::overlap_from_bytes).
constexpr std::uint64_t kLongBodyBytes = 1u << 20;
/// Of one of kGatheredBodyBytes its blob's writer gathers so much besides (blob::kLongBlobBytes and
/// blob::kLongBlobGatheredBytes).
constexpr std::uint64_t kGatheredBodyBytes = 8u << 20;
constexpr std::size_t kGatheredBytes = 512u << 10;

/// Before a body is streamed into a handler: what it will hold of it. `overloaded`.
Result<> take_stream_memory(Exchange& exchange, std::optional<std::uint64_t> length);

/// A body may take as long as its pace allows (http/pace.h), which for a large object is far more
/// than a request's time: that counts anew from the body's end.
class TimedBody final : public http::BodyReader {
 public:
  TimedBody(http::BodyReader& body, const Exchange& exchange, api::RequestContext& context)
      : body_(body), exchange_(exchange), context_(context) {}

  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override { return body_.length(); }

 private:
  http::BodyReader& body_;
  const Exchange& exchange_;
  api::RequestContext& context_;
  bool ended_ = false;
};

}  // namespace dyad::gateway
