#pragma once

#include <rocksdb/rate_limiter.h>

#include <memory>

namespace dyad::store::embedded {

/// Holds compactions to a rate, so that they leave the disk to requests. Flushes pass freely: a
/// flush that waits makes writers wait.
std::shared_ptr<rocksdb::RateLimiter> make_compaction_rate_limiter(std::uint64_t bytes_per_second);

}  // namespace dyad::store::embedded
