#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "blob/blob_store.h"
#include "http/body.h"
#include "services/s3/object_body.h"
#include "services/s3/ranges.h"
#include "table/read_pins.h"
#include "table/upload_rows.h"

namespace dyad::s3 {

/// The parts of an object as they were at one moment, and what keeps their bytes from the reaper.
struct FoundParts {
  FoundParts(table::PartList parts, std::shared_ptr<const table::ReadPins::Pin> held)
      : list(std::move(parts)), pin(std::move(held)) {}
  table::PartList list;
  std::shared_ptr<const table::ReadPins::Pin> pin;
};

/// The bytes of the part with that number within the object; none: no such part.
std::optional<ByteRange> range_of_part(const table::PartList& list, std::uint32_t number);
std::uint64_t size_bytes_of(const table::PartList& list);

/// A range of an object in parts as an answer's body: one blob after the other, each opened when
/// the one before was read. Holds the pin until the last one is open; from there on the reaper may
/// come.
class PartsBody final : public http::BodyReader {
 public:
  PartsBody(blob::BlobStore& blobs, const FoundParts& parts, const ByteRange& range);

  /// Opens the first blob, so that what is missing is told before an answer begins.
  Task<Result<>> open_first();
  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  struct Piece {
    blob::BlobId blob;
    std::uint64_t blob_bytes = 0;
    ByteRange range;
  };
  Task<Result<>> open_next();

  blob::BlobStore& blobs_;
  std::shared_ptr<const table::ReadPins::Pin> pin_;
  std::vector<Piece> pieces_;
  std::size_t next_ = 0;
  std::unique_ptr<ObjectBody> current_;
  const std::uint64_t length_;
  bool failed_ = false;
};

}  // namespace dyad::s3
