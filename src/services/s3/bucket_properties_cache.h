#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/result.h"
#include "services/s3/bucket_properties.h"
#include "table/descriptor.h"

namespace dyad::s3 {

/// Buckets' properties as they were last decoded, so that a question about a bucket that many
/// requests ask (its CORS rules) costs no decoding. Bounded: when full it starts anew. Thread-safe.
class BucketPropertiesCache {
 public:
  static constexpr std::size_t kMaxEntries = 10'000;
  /// Of the encoded properties of all entries.
  static constexpr std::size_t kMaxBytes = 16u << 20;

  /// As `table` holds them; corruption, unsupported.
  Result<std::shared_ptr<const BucketProperties>> of(const table::TableDescriptor& table);
  std::size_t size() const;

 private:
  struct Entry {
    std::uint64_t version = 0;
    std::shared_ptr<const BucketProperties> properties;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;  ///< By the table's id.
  std::size_t bytes_ = 0;
};

}  // namespace dyad::s3
