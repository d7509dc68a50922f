#pragma once

#include <memory>
#include <vector>

#include "api/operation_handler.h"
#include "api/sts/get_caller_identity.h"
#include "services/sts/service.h"

namespace dyad::sts {

Task<Result<model::GetCallerIdentityOutput>> get_caller_identity(StsService&, api::RequestContext&,
                                                                 model::GetCallerIdentityInput&);

/// All of the above, for the gateway. `service` outlives them.
std::vector<std::unique_ptr<api::OperationHandler>> sts_operations(StsService& service);

}  // namespace dyad::sts
