#include "services/sts/operations.h"

namespace dyad::sts {

std::vector<std::unique_ptr<api::OperationHandler>> sts_operations(StsService& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<model::GetCallerIdentity>(service, get_caller_identity));
  return handlers;
}

}  // namespace dyad::sts
