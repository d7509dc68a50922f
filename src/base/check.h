#pragma once

namespace dyad {

/// Prints the failed assertion with its place and ends the process. Recovery decides what stands.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace dyad

/// States what must hold. On in every build: a broken invariant must not be written to disk.
/// For our own bugs only; bad input is an Error.
#define DYAD_CHECK(condition)                               \
  do {                                                      \
    if (!(condition)) [[unlikely]]                          \
      ::dyad::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
