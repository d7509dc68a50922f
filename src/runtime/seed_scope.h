#pragma once

// For tests only: needs GoogleTest.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>

#include "runtime/seeds.h"

namespace dyad {

/// Prints "seed 17: replay with DYAD_SEED=17" when the test has failed by the end of the scope, or
/// when the process is aborted in it (a DYAD_CHECK). One at a time.
///
///   for (const std::uint64_t seed : test_seeds(100)) {
///     const SeedScope scope(seed);
///     ...
///     if (testing::Test::HasFailure()) return;
///   }
class SeedScope {
 public:
  explicit SeedScope(std::uint64_t seed) : failed_before_(testing::Test::HasFailure()) {
    std::snprintf(text_, sizeof text_, "seed %llu: replay with DYAD_SEED=%llu\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    before_ = std::signal(SIGABRT, &on_abort);
  }
  SeedScope(const SeedScope&) = delete;
  SeedScope& operator=(const SeedScope&) = delete;
  ~SeedScope() {
    std::signal(SIGABRT, before_);
    if (testing::Test::HasFailure() && !failed_before_) print();
  }

 private:
  // A signal handler reaches nothing but static data.
  static inline char text_[96];

  static void print() {
    std::size_t length = 0;
    while (length < sizeof text_ && text_[length] != '\0') ++length;
    if (::write(STDERR_FILENO, text_, length) < 0) return;
  }
  static void on_abort(int) {
    print();  // abort() ends the process when this returns.
  }

  const bool failed_before_;
  void (*before_)(int);
};

}  // namespace dyad
