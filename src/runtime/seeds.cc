#include "runtime/seeds.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/check.h"

namespace dyad {
namespace {

std::optional<std::uint64_t> environment_seed() {
  const char* const set = std::getenv("DYAD_SEED");
  if (set == nullptr || *set == '\0') return std::nullopt;
  const std::string_view text(set);
  std::uint64_t seed = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seed);
  // A typing error must not pass for a replay.
  const bool is_decimal = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  DYAD_CHECK(is_decimal && "DYAD_SEED is a decimal number");
  return seed;
}

}  // namespace

std::uint64_t seed_from_environment(std::uint64_t fallback) {
  return environment_seed().value_or(fallback);
}

std::vector<std::uint64_t> test_seeds(std::size_t count, std::uint64_t first) {
  if (const auto only = environment_seed()) return {*only};
  std::vector<std::uint64_t> seeds;
  for (std::size_t i = 0; i < count; ++i) seeds.push_back(first + i);
  return seeds;
}

}  // namespace dyad
