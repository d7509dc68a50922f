#pragma once

#include "api/operation_handler.h"
#include "auth/authorizer.h"
#include "gateway/exchange.h"

namespace dyad::gateway {

/// What the gateway knows of a request, by IAM's global condition keys: aws:SourceIp,
/// aws:SecureTransport, aws:UserAgent, aws:Referer, aws:CurrentTime, aws:EpochTime,
/// aws:RequestedRegion, aws:PrincipalArn, aws:PrincipalAccount. Computed when it is asked for.
class ExchangeFacts final : public auth::RequestFacts {
 public:
  ExchangeFacts(const Exchange& exchange, const auth::Principal& principal)
      : exchange_(exchange), principal_(principal) {}
  std::string value_of(std::string_view condition_key) const override;

 private:
  const Exchange& exchange_;
  const auth::Principal& principal_;
};

/// After parsing: everything that the request touches has to be allowed. `own_resource`: makes the
/// ARN of what it addresses, for operations that name nothing themselves. Costs nothing where the
/// sender alone decides.
template <class OwnResource>
Result<> authorise(const auth::AccessGate& gate, const api::OperationHandler& handler,
                   const api::RequestContext& context, const void* input,
                   const OwnResource& own_resource) {
  if (gate.is_open()) return {};
  std::vector<auth::Access> accesses;
  if (handler.accesses(context, input, accesses)) return gate.may_all(accesses);
  return gate.may(handler.operation().iam_action, own_resource());
}

/// "arn:aws:s3:::bucket/key", without a key the bucket, without a bucket "*".
std::string s3_resource(std::string_view bucket, std::string_view key);

}  // namespace dyad::gateway
