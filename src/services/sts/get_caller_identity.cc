#include "protocol/service_error.h"
#include "services/sts/operations.h"

namespace dyad::sts {

/// Needs no permission, but a signature ("GetCallerIdentity" in the STS API reference).
Task<Result<model::GetCallerIdentityOutput>> get_caller_identity(StsService&,
                                                                 api::RequestContext& context,
                                                                 model::GetCallerIdentityInput&) {
  const auth::Principal& caller = *context.principal;
  if (caller.kind == auth::Principal::Kind::anonymous)
    co_return fail(protocol::service_error("MissingAuthenticationToken", 403,
                                           "Request is missing Authentication Token"));
  model::GetCallerIdentityOutput output;
  output.arn = caller.arn;
  output.user_id = caller.user_id;
  output.account = caller.account_id;
  co_return output;
}

}  // namespace dyad::sts
