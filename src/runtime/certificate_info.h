#pragma once

#include <string>

#include "base/result.h"

namespace dyad {

/// Whether the first certificate of a PEM file is its own issuer: nobody trusts it who is not told
/// to. io_error: the file cannot be read; invalid_argument: there is no certificate in it.
Result<bool> certificate_signs_itself(const std::string& path);

}  // namespace dyad
