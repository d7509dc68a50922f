#pragma once

namespace dyad::api::sts {}

namespace dyad::sts {

/// The generated messages: model::GetCallerIdentityInput.
namespace model = api::sts;

/// What the operations share: nothing yet. Who a caller is, the request's context tells.
class StsService {};

}  // namespace dyad::sts
