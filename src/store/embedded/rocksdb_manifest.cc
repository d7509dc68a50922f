#include "store/embedded/rocksdb_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/crc.h"
#include "runtime/files.h"

namespace dyad::store::embedded {
namespace {

/// Records lie in blocks, and none crosses from one into the next: longer ones are cut in pieces.
constexpr std::size_t kBlockBytes = 32768;
/// A masked CRC32C of what follows the length, the length of the data, the type; little-endian.
constexpr std::size_t kHeaderBytes = 7;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kTypeAt = 6;
/// No disk writes less than this in one piece.
constexpr std::uint64_t kSectorBytes = 512;

/// RocksDB stores no CRC as it is, since data that holds CRCs makes poor input for another.
std::uint32_t masked(std::uint32_t crc) {
  constexpr std::uint32_t kDelta = 0xa282ead8;
  return std::rotr(crc, 15) + kDelta;
}

/// What the record at the start of `bytes` says of its length, with its header.
std::size_t claimed_bytes(std::string_view bytes) {
  return kHeaderBytes + load_le<std::uint16_t>(bytes.data() + kLengthAt);
}

bool passes(std::string_view bytes) {
  const std::size_t length = claimed_bytes(bytes);
  if (length > bytes.size() || bytes[kTypeAt] == '\0') return false;
  return load_le<std::uint32_t>(bytes.data()) ==
         masked(crypto::crc32c(bytes.substr(kTypeAt, length - kTypeAt)));
}

bool is_zeros(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

/// Walks the blocks of one manifest up to the first record that passes behind one that does not.
class Walk {
 public:
  /// `block` begins at `offset`, which is where the last one ended. False: what follows it does not
  /// matter.
  bool take(std::string_view block, std::uint64_t offset) {
    std::size_t at = 0;
    while (block.size() - at >= kHeaderBytes) {
      const std::string_view rest = block.substr(at);
      if (passes(rest)) {
        if (first_bad_) {
          look_for_lost_bytes(block.substr(0, at), offset);
          followed_ = true;
          return false;
        }
      } else if (!first_bad_) {
        first_bad_ = offset + at;
      }
      if (claimed_bytes(rest) > rest.size()) break;
      at += claimed_bytes(rest);
    }
    if (first_bad_) look_for_lost_bytes(block, offset);
    return true;
  }

  std::optional<std::uint64_t> first_bad() const { return first_bad_; }
  bool followed() const { return followed_; }
  bool lost_bytes() const { return lost_bytes_; }

 private:
  /// From the first bad record on: a sector of zeros, what there is of it, or a header of zeros.
  void look_for_lost_bytes(std::string_view bytes, std::uint64_t offset) {
    const std::uint64_t end = offset + bytes.size();
    if (*first_bad_ >= offset)
      lost_bytes_ = is_zeros(bytes.substr(*first_bad_ - offset, kHeaderBytes));
    for (std::uint64_t from = std::max(*first_bad_, offset); from < end;) {
      const std::uint64_t to = std::min(end, (from / kSectorBytes + 1) * kSectorBytes);
      lost_bytes_ = lost_bytes_ || is_zeros(bytes.substr(from - offset, to - from));
      from = to;
    }
  }

  std::optional<std::uint64_t> first_bad_;
  bool followed_ = false;
  bool lost_bytes_ = false;
};

}  // namespace

Result<std::uint64_t> readable_manifest_bytes(const RandomReadFile& file, const std::string& path) {
  Walk walk;
  std::string block(kBlockBytes, '\0');
  std::uint64_t offset = 0;
  for (bool more = true; more;) {
    DYAD_TRY_ASSIGN(const std::size_t got, file.read_at(offset, block));
    more = walk.take(std::string_view(block).substr(0, got), offset) && got == kBlockBytes;
    offset += got;
  }
  if (walk.lost_bytes()) return *walk.first_bad();
  if (walk.followed()) {
    return fail(ErrorCode::corruption,
                fmt::format("{}: offset {}: a record is damaged, and others follow it", path,
                            *walk.first_bad()));
  }
  return offset;
}

}  // namespace dyad::store::embedded
