#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "case.h"
#include "results.h"
#include "runtime/runtime.h"

namespace dyad::bench {

inline constexpr std::string_view kEngineGroup = "engine";
std::vector<std::string> engine_case_names();

/// The engine's cases, round by round, in the bed's directory. Blocks; from the main thread.
Result<std::vector<CaseResult>> run_engine_cases(const Bed& bed, Runtime& runtime);

}  // namespace dyad::bench
