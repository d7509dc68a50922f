#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "protocol/operation.h"

namespace dyad::protocol {

struct ErrorContext {
  std::string_view request_id;
  std::string_view host_id;  ///< S3 only.
  std::string_view
      resource;  ///< S3: what an error without fields of its own is about; may be empty.
};

struct ErrorResponse {
  std::uint16_t status = 500;
  std::string code;  ///< For logs and metrics.
  std::vector<std::pair<std::string, std::string>>
      headers;       ///< With Content-Type where there is a body.
  std::string body;  ///< Not to be sent in answer to HEAD.
};

/// Any Error in the words of the service's protocol. One without a ServiceError gets the service's
/// code that comes nearest; what it says is not told to clients, since it speaks of our inside.
ErrorResponse render_error(const ServiceInfo& service, const Error& error,
                           const ErrorContext& context);

/// The error for an operation that the service has and Dyad does not serve.
Error not_implemented(const Operation& operation);

}  // namespace dyad::protocol
