#pragma once

#include <string_view>

#include "auth/principal.h"
#include "base/result.h"

namespace dyad::auth {

/// The one gate: nothing reaches a handler without its verdict.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// permission_denied, or nothing. `action` is the operation's IAM action ("s3:GetObject"); empty:
  /// the operation needs no permission, only a valid signature.
  virtual Result<> authorise(const Principal& principal, std::string_view action) const = 0;
};

/// An account that has its root user and nobody else: root may do everything, anonymous nothing.
class RootOnlyAuthorizer final : public Authorizer {
 public:
  Result<> authorise(const Principal& principal, std::string_view action) const override;
};

}  // namespace dyad::auth
