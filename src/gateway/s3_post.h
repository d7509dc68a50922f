#pragma once

#include "gateway/authenticate.h"
#include "gateway/exchange.h"
#include "gateway/post_policy.h"
#include "gateway/s3_address.h"
#include "protocol/form_data.h"

namespace dyad::gateway {

/// A POST of a form to a bucket: an upload from a browser ("POST Object"). Its fields say what the
/// headers of a PutObject would, a signed policy says what they may be, and the file streams into
/// that same operation. One a reactor.
class S3Post {
 public:
  S3Post(const GatewayShared& shared, Authenticator& authenticator)
      : shared_(shared), authenticator_(authenticator) {}

  /// A POST to a bucket without a subresource; anything else of that kind is not served by S3.
  static bool is_post_object(const http::RequestHead& head, const S3Address& address) {
    return head.method == "POST" && head.query.empty() && !address.bucket.empty() &&
           address.key.empty();
  }

  Task<Result<>> answer(Exchange& exchange, const S3Address& address);

 private:
  struct Upload;
  Result<> check_form(const Exchange& exchange, const S3Address& address, Upload& upload);
  Task<Result<>> run(Exchange& exchange, const S3Address& address, protocol::FormData& form,
                     Upload& upload);
  Task<Result<>> send(Exchange& exchange, const S3Address& address, const Upload& upload,
                      const void* output);

  const GatewayShared& shared_;
  Authenticator& authenticator_;
};

}  // namespace dyad::gateway
