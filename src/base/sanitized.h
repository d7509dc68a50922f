#pragma once

namespace dyad {

// For tests: a build in which a sanitizer watches (`./x test --sanitize=...`) is 3 to 20 times
// slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
inline constexpr int kSanitizedDivisor = 10;

/// Rounds of a test: `n`, or a tenth of them, at least one, where a sanitizer watches.
template <class Number>
constexpr Number fewer(Number n) {
  if (!kSanitized) return n;
  const Number tenth = n / kSanitizedDivisor;
  return tenth > 0 ? tenth : Number{1};
}

}  // namespace dyad
