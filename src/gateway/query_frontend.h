#pragma once

#include "gateway/authenticate.h"
#include "gateway/exchange.h"

namespace dyad::gateway {

/// The query protocol: STS. One a reactor.
class QueryFrontend {
 public:
  QueryFrontend(const GatewayShared& shared, Authenticator& authenticator)
      : shared_(shared), authenticator_(authenticator) {}

  /// A POST of a form, or a GET with the same in its query.
  Task<void> serve(Exchange& exchange);

 private:
  Task<Result<>> answer(Exchange& exchange);

  const GatewayShared& shared_;
  Authenticator& authenticator_;
};

}  // namespace dyad::gateway
