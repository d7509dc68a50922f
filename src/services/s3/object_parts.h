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

/// The bytes of the part with that number within the object; none: no such part.
std::optional<ByteRange> range_of_part(const table::PartList& list, std::uint32_t number);
std::uint64_t size_bytes_of(const table::PartList& list);

/// A range of an object in parts as an answer's body: one blob after the other, each opened when
/// the one before was read. Holds those that are not open yet, so that the reaper leaves them where
/// they are however slow the client is.
class PartsBody final : public http::BodyReader {
 public:
  /// The caller is pinned since before it read `parts`, until open_first returned.
  PartsBody(blob::BlobStore& blobs, table::ReadPins& pins, const table::PartList& parts,
            const ByteRange& range);

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
  static std::vector<Piece> pieces_of(const table::PartList& parts, const ByteRange& range);
  static std::vector<blob::BlobId> blobs_of(const std::vector<Piece>& pieces);
  Task<Result<>> open_next();

  blob::BlobStore& blobs_;
  const std::vector<Piece> pieces_;
  table::ReadPins::Hold unopened_;
  std::size_t next_ = 0;
  std::unique_ptr<ObjectBody> current_;
  const std::uint64_t length_;
  bool failed_ = false;
};

}  // namespace dyad::s3
