#pragma once

#include <cstdint>

#include "blob/blob_store.h"
#include "services/s3/bucket_properties_cache.h"
#include "services/s3/digest_queue.h"
#include "table/read_pins.h"
#include "table/tables.h"

namespace dyad::api::s3 {}

namespace dyad::s3 {

/// The generated messages: model::PutObjectInput.
namespace model = api::s3;

/// What S3 takes in one PutObject ("Uploading objects": 5 GB).
constexpr std::uint64_t kMaxPutBytes = 5ull << 30;
/// "Amazon S3 multipart upload limits": 5 MiB to 5 GiB, no least size for the last one.
constexpr std::uint64_t kMinPartBytes = 5u << 20;

struct S3Options {
  /// Bytes of objects up to this size live in a row beside the object's; larger ones are blobs.
  /// Well below store::kMaxValueBytes.
  std::size_t inline_limit_bytes = 64u << 10;
  std::uint64_t max_put_bytes = kMaxPutBytes;
  /// Of every part but the last. Less is for tests whose disk is memory.
  std::uint64_t min_part_bytes = kMinPartBytes;
  /// Bodies of at least so many bytes are received, hashed and written at the same time
  /// (large_upload.h); for shorter ones waking up workers costs more than it gains.
  std::uint64_t overlap_from_bytes = 1u << 20;
};

/// What the operations share. Thread-safe; what it refers to outlives it.
class S3Service {
 public:
  S3Service(table::Tables& tables, blob::BlobStore& blobs, table::ReadPins& pins,
            S3Options options = {})
      : tables_(tables),
        blobs_(blobs),
        pins_(pins),
        options_(options),
        digests_(tables.runtime().workers()) {}

  table::Tables& tables() { return tables_; }
  blob::BlobStore& blobs() { return blobs_; }
  table::ReadPins& pins() { return pins_; }
  DigestQueue& digests() { return digests_; }
  BucketPropertiesCache& bucket_properties() { return bucket_properties_; }
  const S3Options& options() const { return options_; }

 private:
  table::Tables& tables_;
  blob::BlobStore& blobs_;
  table::ReadPins& pins_;
  const S3Options options_;
  DigestQueue digests_;
  BucketPropertiesCache bucket_properties_;
};

}  // namespace dyad::s3
