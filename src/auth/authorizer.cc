#include "auth/authorizer.h"

#include <string>

namespace dyad::auth {

Result<> RootOnlyAuthorizer::authorise(const Principal& principal, std::string_view action) const {
  if (principal.kind == Principal::Kind::root) return {};
  return fail(ErrorCode::permission_denied,
              "an anonymous request may not perform " + std::string(action));
}

}  // namespace dyad::auth
