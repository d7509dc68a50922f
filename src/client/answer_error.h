#pragma once

#include <string>

#include "base/result.h"
#include "client/aws_client.h"

namespace dyad::client {

/// What an answer that is not ok() says, as its service words errors: XML of S3 or of the query
/// protocol, JSON of DynamoDB. `code` is empty where it is none of them.
struct ServiceRefusal {
  int status = 0;
  std::string code;
  std::string message;

  /// "InvalidClientTokenId (status 403): The security token ...".
  std::string text() const;
};

ServiceRefusal refusal_of(const Answer& answer);

/// The same as an error. permission_denied: the credentials or the signature were refused;
/// overloaded: a retry may pass; unsupported: anything else.
Error refusal_error(const Answer& answer);

}  // namespace dyad::client
