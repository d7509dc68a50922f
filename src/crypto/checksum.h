#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "crypto/digest.h"

namespace dyad::crypto {

/// What S3 can check an object's bytes with. (Its XXHASH kinds are not served.)
enum class ChecksumKind : std::uint8_t { crc32, crc32c, crc64nvme, sha1, sha256, sha512, md5 };

inline constexpr std::array kAllChecksumKinds = {
    ChecksumKind::crc32,  ChecksumKind::crc32c, ChecksumKind::crc64nvme, ChecksumKind::sha1,
    ChecksumKind::sha256, ChecksumKind::sha512, ChecksumKind::md5};

/// "CRC64NVME": the value of x-amz-checksum-algorithm and of ChecksumAlgorithm elements.
std::string_view name_of(ChecksumKind kind);
/// Any letter case, as S3 takes it in x-amz-sdk-checksum-algorithm.
std::optional<ChecksumKind> checksum_kind_of(std::string_view name);
/// "x-amz-checksum-crc64nvme".
std::string_view header_of(ChecksumKind kind);
std::optional<ChecksumKind> checksum_kind_of_header(std::string_view lower_case_name);
std::size_t size_bytes_of(ChecksumKind kind);

/// A checksum over a stream of bytes. A plain value: no allocation until finish().
class Checksum {
 public:
  explicit Checksum(ChecksumKind kind);

  ChecksumKind kind() const { return kind_; }
  void update(std::string_view bytes);
  /// The raw checksum, big-endian for the CRCs; ends the stream.
  std::string finish();

 private:
  ChecksumKind kind_;
  std::variant<std::uint64_t, Md5, Sha1, Sha256, Sha512> state_;  ///< The number: a CRC's register.
};

/// The text of S3's headers and elements: base64 of the raw bytes.
std::string checksum_text(ChecksumKind kind, std::string_view bytes);
/// Back from the text; none when it is not base64 or not of the kind's length.
std::optional<std::string> parse_checksum_text(ChecksumKind kind, std::string_view text);

}  // namespace dyad::crypto
