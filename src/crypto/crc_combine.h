#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/checksum.h"

namespace dyad::crypto {

/// The CRC of bytes that are known by the CRCs of their pieces: what S3 calls the checksum of the
/// full object of a multipart upload. A piece costs a few multiplications of polynomials; as many
/// as its length has bits where the length differs from the piece before.
class CrcCombiner {
 public:
  /// None: the kind is no CRC, its checksums cannot be put together.
  static std::optional<CrcCombiner> of(ChecksumKind kind);

  /// `crc`: raw, as Checksum::finish gives it (DYAD_CHECK: of the kind's size).
  void append(std::string_view crc, std::uint64_t size_bytes);
  /// Raw; of no pieces: the CRC of no bytes.
  std::string finish() const;

 private:
  CrcCombiner(ChecksumKind kind, std::uint64_t polynomial, int bits)
      : kind_(kind), polynomial_(polynomial), bits_(bits) {}

  std::uint64_t one() const { return std::uint64_t{1} << (bits_ - 1); }
  std::uint64_t times_x(std::uint64_t value) const;
  std::uint64_t times(std::uint64_t a, std::uint64_t b) const;
  std::uint64_t x_to_bytes(std::uint64_t size_bytes) const;

  ChecksumKind kind_;
  std::uint64_t polynomial_;  ///< Reflected: the top bit is the coefficient of x^0.
  int bits_;
  std::uint64_t crc_ = 0;
  std::uint64_t shift_bytes_ = 0;  ///< x_to_bytes of this is `shift_`.
  std::uint64_t shift_ = 0;        ///< 0: not known yet.
};

}  // namespace dyad::crypto
