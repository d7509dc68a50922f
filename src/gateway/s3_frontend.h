#pragma once

#include "gateway/authenticate.h"
#include "gateway/exchange.h"
#include "gateway/s3_address.h"
#include "gateway/s3_post.h"
#include "protocol/query_string.h"

namespace dyad::gateway {

/// S3: REST with XML, streaming bodies, three kinds of signature. One a reactor.
class S3Frontend {
 public:
  S3Frontend(const GatewayShared& shared, Authenticator& authenticator)
      : shared_(shared), authenticator_(authenticator), post_(shared, authenticator) {}

  /// `host_bucket`: the one in the host's name; empty: path style.
  Task<void> serve(Exchange& exchange, std::string host_bucket);

 private:
  struct Parsed {
    std::string host_bucket;
    S3Address address;
    std::vector<protocol::QueryParameter> query;
  };
  Task<Result<>> answer(Exchange& exchange, Parsed& parsed);
  Task<Result<>> preflight(Exchange& exchange, const Parsed& parsed);
  Result<> find_operation(Exchange& exchange, const Parsed& parsed) const;
  Task<Result<>> run(Exchange& exchange, const Parsed& parsed, const Authenticated& sender);
  Task<Result<>> send(Exchange& exchange, const void* output, api::RequestContext& context);

  const GatewayShared& shared_;
  Authenticator& authenticator_;
  S3Post post_;
};

}  // namespace dyad::gateway
