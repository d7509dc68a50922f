#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace dyad {

/// What a reader answers to bytes of a version above `known`, the newest that it reads:
/// unsupported, in words that say what to do. `what` names the bytes: "a log entry",
/// "/data/store/FORMAT".
inline std::unexpected<Error> newer_format(std::string what, std::uint64_t version,
                                           std::uint64_t known) {
  return fail(ErrorCode::unsupported,
              std::move(what) + " has format version " + std::to_string(version) +
                  ", written by a newer release; this one reads up to version " +
                  std::to_string(known) +
                  ". Open the data directory with that release or a later one");
}

}  // namespace dyad
