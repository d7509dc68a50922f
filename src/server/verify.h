#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dyad::server {

struct VerifyOutcome {
  /// What was counted, in order: "items", 12.
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  std::vector<std::string> damages;  ///< One sentence each; empty: all is well.
};

/// How far it is.
struct VerifyStep {
  std::string_view what;    ///< "log", "rows" or "content".
  std::uint64_t done = 0;   ///< Batches, rows and rows.
  std::uint64_t total = 0;  ///< 0: not known.
  std::uint64_t bytes = 0;  ///< Of objects.
};
/// Called often, on the thread that reads.
using VerifyProgress = std::function<void(const VerifyStep&)>;

/// Checks a data directory that no server has open: the store's files byte by byte, then every row
/// against its indexes, and every reference against its blob. Blocks; from a plain thread.
/// conflict: a server runs on it.
Result<VerifyOutcome> verify_data_directory(const std::string& data_directory,
                                            const VerifyProgress& progress);

}  // namespace dyad::server
