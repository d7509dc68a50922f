#pragma once

#include <cstdint>
#include <string>

namespace dyad::auth {

/// Who sent a request, once its signature was found valid.
struct Principal {
  enum class Kind : std::uint8_t { anonymous, root };
  Kind kind = Kind::anonymous;
  std::string account_id;  ///< Twelve digits; empty for anonymous.
  std::string arn;         ///< "arn:aws:iam::000000000000:root".
  std::string user_id;     ///< As GetCallerIdentity tells it; root: the account id.
};

}  // namespace dyad::auth
