#pragma once

#include <span>

#include "case.h"
#include "results.h"

namespace dyad::bench {

/// Prepares all, then round by round each case on each server that it can load, in turns. Blocks;
/// from the main thread. A case that fails on a server is told on stderr, left out from then on,
/// and named in the results.
Results run_cases(Bed& bed, const Cases& cases, std::span<Server> servers);

}  // namespace dyad::bench
