#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/authenticate.h"
#include "gateway/exchange.h"

namespace dyad::gateway {

/// The server's own operations, which no service of AWS's has. Thread-safe.
class AdminHandler {
 public:
  virtual ~AdminHandler() = default;
  /// "CreateBackup" and a JSON document; the answer is one, too. unsupported: no such operation.
  virtual Task<Result<std::string>> call(std::string operation, std::string_view body) = 0;
};

/// JSON as DynamoDB speaks it, under a target and a signing name of our own ("Dyad_20261123.", and
/// "dyad"). Served to the root user and to nobody else, whatever a policy says. One a reactor.
class AdminFrontend {
 public:
  AdminFrontend(const GatewayShared& shared, Authenticator& authenticator)
      : shared_(shared), authenticator_(authenticator) {}

  static bool is_admin_target(std::string_view target) { return target.starts_with("Dyad_"); }
  Task<void> serve(Exchange& exchange);

 private:
  Task<Result<std::string>> answer(Exchange& exchange);

  const GatewayShared& shared_;
  Authenticator& authenticator_;
};

}  // namespace dyad::gateway
