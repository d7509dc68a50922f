#pragma once

#include <functional>

#include "gateway/authenticate.h"
#include "gateway/exchange.h"
#include "protocol/json_codec.h"
#include "protocol/json_parser.h"

namespace dyad::gateway {

/// How the types that a service writes by hand are read and written, for requests of an operation.
using JsonHooks = std::function<protocol::JsonCodec::Hooks(const protocol::Operation&)>;

/// awsJson1_0: DynamoDB. One a reactor.
class JsonFrontend {
 public:
  JsonFrontend(const GatewayShared& shared, Authenticator& authenticator, JsonHooks hooks)
      : shared_(shared), authenticator_(authenticator), hooks_(std::move(hooks)) {}

  /// A request with an X-Amz-Target header.
  Task<void> serve(Exchange& exchange);

 private:
  Task<Result<>> answer(Exchange& exchange);

  const GatewayShared& shared_;
  Authenticator& authenticator_;
  const JsonHooks hooks_;
  protocol::JsonParser parser_;
};

}  // namespace dyad::gateway
