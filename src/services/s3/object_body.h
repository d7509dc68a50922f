#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "blob/blob_store.h"
#include "http/body.h"
#include "services/s3/ranges.h"

namespace dyad::s3 {

/// A range of an object's bytes as an answer's body. Hands out at most one blob frame at a time, so
/// a slow client holds that and the next one in memory; what fails its frame's check ends the body
/// with corruption and is never handed out.
class ObjectBody final : public http::BodyReader {
 public:
  /// `range` of what begins at `from` in `holder`, which is kept and not copied.
  ObjectBody(std::string holder, std::size_t from, ByteRange range);
  ObjectBody(std::unique_ptr<blob::BlobReader> blob, ByteRange range);

  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override { return length_; }
  std::optional<std::string_view> in_memory() const override;

 private:
  const std::string bytes_;
  const std::unique_ptr<blob::BlobReader> blob_;  ///< Null: `bytes_`.
  std::uint64_t at_ = 0;
  std::uint64_t left_;
  const std::uint64_t length_;
  bool failed_ = false;
};

}  // namespace dyad::s3
