#pragma once

#include <cstddef>
#include <string>

#include "base/random.h"

namespace dyad::gateway {

constexpr std::size_t kS3RequestIdChars = 16;
constexpr std::size_t kJsonRequestIdChars = 52;

/// "4M0G5X7AB2C3D4E5": base32, as long as AWS's are (the constants above). Unique by chance, as 80
/// random bits and more are; not a secret.
std::string make_request_id(Random& random, std::size_t characters);

}  // namespace dyad::gateway
