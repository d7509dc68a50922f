#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "gateway/authenticate.h"
#include "http/body.h"
#include "http/message.h"
#include "protocol/aws_chunked.h"

namespace dyad::gateway {

/// The body of an S3 request as its handler may read it: decoded from aws-chunked, its signatures
/// and its announced hash checked by the time it tells its end.
class S3Body {
 public:
  /// Chooses the decoder by what was signed. `from` and `head` outlive it.
  /// Service errors: MissingContentLength, NotImplemented (a chunked transfer of untold length),
  /// InvalidArgument and what the decoder says of the headers.
  static Result<std::unique_ptr<S3Body>> open(http::BodyReader& from, const http::RequestHead& head,
                                              const Authenticated& sender);

  http::BodyReader& reader() { return *reader_; }
  /// Complete once the reader has told its end.
  const std::vector<protocol::AwsTrailer>* trailers() const { return trailers_; }

 private:
  std::unique_ptr<http::BodyReader> raw_;
  std::unique_ptr<http::BodyReader> owned_;
  http::BodyReader* reader_ = nullptr;
  const std::vector<protocol::AwsTrailer>* trailers_ = nullptr;
};

}  // namespace dyad::gateway
