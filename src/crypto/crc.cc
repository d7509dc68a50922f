#include "crypto/crc.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace dyad::crypto {
namespace {

// ISA-L takes the length of a CRC32C as an int.
constexpr std::size_t kMaxPieceBytes = std::size_t{1} << 30;

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  return crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) {
  crc = ~crc;  // crc32_iscsi leaves the inversions to its caller.
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMaxPieceBytes);
    // It reads only; its declaration lacks the const.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes.remove_prefix(piece.size());
  }
  return ~crc;
}

}  // namespace dyad::crypto
