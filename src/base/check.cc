#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace dyad {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "dyad: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace dyad
