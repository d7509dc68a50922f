#pragma once

#include <cstdint>
#include <vector>

namespace dyad {

/// The seed in the environment variable DYAD_SEED (decimal); `fallback` where there is none.
std::uint64_t seed_from_environment(std::uint64_t fallback);

/// Seeds for a randomised test: first, first + 1, ... ; only DYAD_SEED's where it is set. Tests
/// name them to runtime/seed_scope.h, which prints the one that failed.
std::vector<std::uint64_t> test_seeds(std::size_t count, std::uint64_t first = 1);

}  // namespace dyad
