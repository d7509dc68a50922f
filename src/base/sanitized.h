#pragma once

namespace dyad {

/// For tests: whether a sanitizer watches this build (`./x test --sanitize=...`), which is slower
/// and has no tail calls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace dyad
