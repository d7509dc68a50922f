#pragma once

#include <cstdint>
#include <string_view>

namespace dyad::crypto {

// The three CRCs S3 knows, in their usual (reflected, inverted) forms. Start with `crc` = 0 and
// pass the result of one piece on to the next: crc(b, crc(a)) is the CRC of a followed by b. Of
// "123456789": CRC32 cbf43926, CRC32C e3069283, CRC64NVME ae8b14860a799888.

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t crc = 0);

/// The same without the carry-less multiplier, eight table look-ups for eight bytes. What crc64nvme
/// uses for short input and on processors that lack the instruction.
std::uint64_t crc64nvme_by_table(std::string_view bytes, std::uint64_t crc = 0);

}  // namespace dyad::crypto
