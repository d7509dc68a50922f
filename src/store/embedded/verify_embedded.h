#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "store/embedded/embedded_options.h"
#include "store/store.h"

namespace dyad::store {

struct EmbeddedReport {
  std::uint64_t segments = 0;  ///< Segment and kept files read.
  std::uint64_t batches = 0;
  std::uint64_t transactions = 0;
  std::uint64_t log_entries = 0;
  std::uint64_t row_files = 0;
  std::uint64_t rows = 0;
  std::uint64_t partitions = 0;    ///< Live ones.
  std::uint64_t dropped_rows = 0;  ///< Of dropped partitions, not yet erased.
  /// One sentence each, naming the file. At most kMaxDamages; empty: all is well.
  std::vector<std::string> damages;
  static constexpr std::size_t kMaxDamages = 100;
};

/// Called now and then with what was read so far, on the thread that reads: quick.
using EmbeddedProgress = std::function<void(const EmbeddedReport&)>;

/// Reads every byte of the store in `directory`, which nobody may have open, and checks it: every
/// batch's checksum and place in the order, footers against batches, every block of the row files,
/// every row's partition. Changes nothing; what a crash left unfinished is no damage. Errors:
/// conflict, not_found (no store there), unsupported, io_error.
Task<Result<EmbeddedReport>> verify_embedded(Runtime& runtime, std::string directory,
                                             EmbeddedOptions options);
Task<Result<EmbeddedReport>> verify_embedded(Runtime& runtime, std::string directory,
                                             EmbeddedOptions options, EmbeddedProgress progress);

}  // namespace dyad::store
