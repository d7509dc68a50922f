#include "crypto/checksum.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/crc.h"

namespace dyad::crypto {
namespace {

struct KindInfo {
  ChecksumKind kind;
  std::string_view name;
  std::string_view header;
  std::size_t size_bytes;
};

constexpr KindInfo kKinds[] = {
    {ChecksumKind::crc32, "CRC32", "x-amz-checksum-crc32", 4},
    {ChecksumKind::crc32c, "CRC32C", "x-amz-checksum-crc32c", 4},
    {ChecksumKind::crc64nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", 8},
    {ChecksumKind::sha1, "SHA1", "x-amz-checksum-sha1", Sha1::kBytes},
    {ChecksumKind::sha256, "SHA256", "x-amz-checksum-sha256", Sha256::kBytes},
    {ChecksumKind::sha512, "SHA512", "x-amz-checksum-sha512", Sha512::kBytes},
    {ChecksumKind::md5, "MD5", "x-amz-checksum-md5", Md5::kBytes},
};

const KindInfo& info_of(ChecksumKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string big_endian(std::uint64_t value, std::size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  for (std::size_t i = size_bytes; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  return bytes;
}

}  // namespace

std::string_view name_of(ChecksumKind kind) {
  return info_of(kind).name;
}
std::string_view header_of(ChecksumKind kind) {
  return info_of(kind).header;
}
std::size_t size_bytes_of(ChecksumKind kind) {
  return info_of(kind).size_bytes;
}

std::optional<ChecksumKind> checksum_kind_of(std::string_view name) {
  const auto same = [](char a, char b) { return upper(a) == b; };
  for (const KindInfo& info : kKinds)
    if (std::ranges::equal(name, info.name, same)) return info.kind;
  return std::nullopt;
}

std::optional<ChecksumKind> checksum_kind_of_header(std::string_view lower_case_name) {
  for (const KindInfo& info : kKinds)
    if (info.header == lower_case_name) return info.kind;
  return std::nullopt;
}

Checksum::Checksum(ChecksumKind kind) : kind_(kind) {
  switch (kind) {
    case ChecksumKind::crc32:
    case ChecksumKind::crc32c:
    case ChecksumKind::crc64nvme:
      state_.emplace<std::uint64_t>(0);
      break;
    case ChecksumKind::sha1:
      state_.emplace<Sha1>();
      break;
    case ChecksumKind::sha256:
      state_.emplace<Sha256>();
      break;
    case ChecksumKind::sha512:
      state_.emplace<Sha512>();
      break;
    case ChecksumKind::md5:
      state_.emplace<Md5>();
      break;
  }
}

void Checksum::update(std::string_view bytes) {
  const auto narrow = [](std::uint64_t crc) { return static_cast<std::uint32_t>(crc); };
  if (auto* crc = std::get_if<std::uint64_t>(&state_)) {
    if (kind_ == ChecksumKind::crc32) *crc = crc32(bytes, narrow(*crc));
    if (kind_ == ChecksumKind::crc32c) *crc = crc32c(bytes, narrow(*crc));
    if (kind_ == ChecksumKind::crc64nvme) *crc = crc64nvme(bytes, *crc);
    return;
  }
  std::visit(
      [bytes](auto& state) {
        if constexpr (!std::is_integral_v<std::remove_reference_t<decltype(state)>>)
          state.update(bytes);
      },
      state_);
}

std::string Checksum::finish() {
  return std::visit(
      [this](auto& state) -> std::string {
        if constexpr (std::is_integral_v<std::remove_reference_t<decltype(state)>>)
          return big_endian(state, size_bytes_of(kind_));
        else
          return std::string(as_view(state.finish()));
      },
      state_);
}

std::string checksum_text(ChecksumKind kind, std::string_view bytes) {
  Checksum checksum(kind);
  checksum.update(bytes);
  return to_base64(checksum.finish());
}

std::optional<std::string> parse_checksum_text(ChecksumKind kind, std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != size_bytes_of(kind)) return std::nullopt;
  return bytes;
}

}  // namespace dyad::crypto
