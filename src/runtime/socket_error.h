#pragma once

#include <cerrno>
#include <string_view>

#include "base/result.h"
#include "runtime/pollable.h"

namespace dyad {

/// What a failed socket call means: `cancelled` when the other side went away, else io_error.
Error socket_error(std::string_view operation, int error_number = errno);
/// The Error of a wait that did not end in readiness.
Error wait_error(Pollable::Outcome outcome);

}  // namespace dyad
