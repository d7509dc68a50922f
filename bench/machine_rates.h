#pragma once

#include <string>

#include "base/result.h"

namespace dyad::bench {

// What this machine does at best, in 1e6 bytes a second. Each takes less than a second or two.

/// One stream, with the digests that the server uses.
double md5_mb_per_s();
double sha256_mb_per_s();
/// A file of 512 MiB in `directory`, written past the page cache in pieces of 4 MiB and flushed.
Result<double> durable_write_mb_per_s(const std::string& directory);

}  // namespace dyad::bench
