#pragma once

#include <vector>

#include "base/result.h"
#include "options.h"
#include "report.h"
#include "runtime/reactor.h"
#include "runtime/runtime.h"
#include "server_process.h"

namespace dyad::bench {

/// The server's cases, round by round. Blocks; from the main thread. `reactor` runs all
/// connections.
Result<std::vector<CaseResult>> run_http_cases(const Options& options, Reactor& reactor,
                                               std::string address, pid_t server_pid);

/// The engine's, in `directory` (must be there), on an executor of this process.
Result<std::vector<CaseResult>> run_engine_cases(const Options& options, Runtime& runtime,
                                                 Reactor& reactor, const std::string& directory);

/// Is the case asked for?
bool wanted(const Options& options, std::string_view name);

}  // namespace dyad::bench
