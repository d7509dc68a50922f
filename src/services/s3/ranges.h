#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad::s3 {

/// Bytes [first, first + length) of an object.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

/// What of an object of `size_bytes` a Range header asks for; none: all of it, which is also S3's
/// answer to what is no single byte range (RFC 9110, 14.2: an invalid header is ignored;
/// "GetObject": S3 does not retrieve multiple ranges). InvalidRange (416): nothing of it is there.
Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size_bytes);

/// "bytes 0-9/100".
std::string content_range(const ByteRange& range, std::uint64_t size_bytes);

}  // namespace dyad::s3
