#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace dyad::server {

struct VerifyOutcome {
  std::string summary;               ///< Lines of counts.
  std::vector<std::string> damages;  ///< One sentence each; empty: all is well.
};

/// Checks a data directory that no server has open: the store's files byte by byte, then every row
/// against its indexes, and every reference against its blob. Blocks; from a plain thread.
/// conflict: a server runs on it.
Result<VerifyOutcome> verify_data_directory(const std::string& data_directory);

}  // namespace dyad::server
