#include "auth/authorizer.h"

namespace dyad::auth {
namespace {

std::unexpected<Error> denied(std::string_view action) {
  return fail(ErrorCode::permission_denied,
              "the sender may not perform " + std::string(action.empty() ? "this" : action));
}

}  // namespace

Result<> AccessGate::enter(std::string_view action) const {
  if (verdict_ == Authorizer::Verdict::denied) return denied(action);
  return {};
}

Result<> AccessGate::may(std::string_view action, std::string_view resource) const {
  if (is_open()) return {};
  DYAD_TRY(enter(action));
  return authorizer_.authorise({principal_, action, resource, facts_});
}

Result<> AccessGate::may_all(const std::vector<Access>& accesses) const {
  for (const Access& access : accesses) DYAD_TRY(may(access.action, access.resource));
  return {};
}

Authorizer::Verdict RootOnlyAuthorizer::of_principal(const Principal& principal) const {
  return principal.kind == Principal::Kind::root ? Verdict::allowed : Verdict::denied;
}

Result<> RootOnlyAuthorizer::authorise(const AccessRequest& request) const {
  if (of_principal(request.principal) == Verdict::allowed) return {};
  return denied(request.action);
}

}  // namespace dyad::auth
