// The CRC of a followed by b is crc(a) * x^(8 * length of b) + crc(b), over GF(2) modulo the
// polynomial: inversions at both ends cancel out. (Adler's crc32_combine in zlib, 2005, is this
// with matrices.)
#include "crypto/crc_combine.h"

#include "base/check.h"

namespace dyad::crypto {

std::optional<CrcCombiner> CrcCombiner::of(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::crc32:
      return CrcCombiner(kind, 0xedb88320, 32);
    case ChecksumKind::crc32c:
      return CrcCombiner(kind, 0x82f63b78, 32);
    case ChecksumKind::crc64nvme:
      return CrcCombiner(kind, 0x9a6c9329ac4bc9b5, 64);
    default:
      return std::nullopt;
  }
}

std::uint64_t CrcCombiner::times_x(std::uint64_t value) const {
  return value >> 1 ^ ((value & 1) != 0 ? polynomial_ : 0);
}

std::uint64_t CrcCombiner::times(std::uint64_t a, std::uint64_t b) const {
  std::uint64_t product = 0;
  for (std::uint64_t bit = one(); bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = times_x(b);
  }
  return product;
}

std::uint64_t CrcCombiner::x_to_bytes(std::uint64_t size_bytes) const {
  std::uint64_t power = one();
  for (int i = 0; i < 8; ++i) power = times_x(power);
  std::uint64_t result = one();
  for (; size_bytes != 0; size_bytes >>= 1) {
    if ((size_bytes & 1) != 0) result = times(result, power);
    power = times(power, power);
  }
  return result;
}

void CrcCombiner::append(std::string_view crc, std::uint64_t size_bytes) {
  DYAD_CHECK(crc.size() == size_bytes_of(kind_));
  std::uint64_t piece = 0;
  for (const char c : crc) piece = piece << 8 | static_cast<unsigned char>(c);
  if (shift_ == 0 || shift_bytes_ != size_bytes) {
    shift_ = x_to_bytes(size_bytes);
    shift_bytes_ = size_bytes;
  }
  crc_ = times(crc_, shift_) ^ piece;
}

std::string CrcCombiner::finish() const {
  std::string raw(size_bytes_of(kind_), '\0');
  std::uint64_t value = crc_;
  for (std::size_t i = raw.size(); i-- > 0; value >>= 8) raw[i] = static_cast<char>(value);
  return raw;
}

}  // namespace dyad::crypto
