#include "blob/frame.h"

#include <xxhash.h>

#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/format_version.h"

namespace dyad::blob {
namespace {

constexpr std::string_view kMagic = "DYADBLOB";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kLastFlag = 1u << 31;
constexpr std::size_t kOwnerAt = 20;
static_assert(kOwnerAt + kMaxOwnerBytes + kTagBytes <= kHeaderBytes);

void put_tag(char* out, std::string_view bytes, std::uint64_t seed) {
  XXH128_canonical_t tag;
  XXH128_canonicalFromHash(&tag, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
  std::memcpy(out, tag.digest, kTagBytes);
}

void append_tag(std::string& out, std::string_view bytes, std::uint64_t seed) {
  char tag[kTagBytes];
  put_tag(tag, bytes, seed);
  out.append(tag, kTagBytes);
}

bool tag_matches(std::string_view tag, std::string_view bytes, std::uint64_t seed) {
  XXH128_canonical_t expected;
  XXH128_canonicalFromHash(&expected, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
  return tag.size() == kTagBytes && std::memcmp(tag.data(), expected.digest, kTagBytes) == 0;
}

/// What a frame's place and role are, folded into the seed of its tag.
std::uint64_t frame_seed(BlobId id, std::uint32_t index, std::uint32_t length_and_flag) {
  std::string place;
  append_u8(place, static_cast<std::uint8_t>(Suite::plain));
  append_le64(place, id.value());
  append_le32(place, index);
  append_le32(place, length_and_flag);
  return XXH3_64bits(place.data(), place.size());
}

std::unexpected<Error> damaged(BlobId id, const std::string& what) {
  return fail(ErrorCode::corruption, "blob " + std::to_string(id.value()) + ": " + what);
}

}  // namespace

std::string make_header(BlobId id, std::string_view owner) {
  std::string header(kMagic);
  header.reserve(kHeaderBytes);
  append_u8(header, kVersion);
  append_u8(header, static_cast<std::uint8_t>(Suite::plain));
  append_le16(header, static_cast<std::uint16_t>(owner.size()));
  append_le64(header, id.value());
  header.append(owner);
  header.resize(kHeaderBytes - kTagBytes, '\0');
  append_tag(header, header, 0);
  return header;
}

Result<std::string> parse_header(BlobId id, std::string_view bytes) {
  if (bytes.size() != kHeaderBytes || !bytes.starts_with(kMagic))
    return damaged(id, "the file does not begin with a blob's header");
  const std::string_view covered = bytes.substr(0, kHeaderBytes - kTagBytes);
  if (!tag_matches(bytes.substr(covered.size()), covered, 0))
    return damaged(id, "the header's tag does not match");
  ByteReader reader(bytes.substr(kMagic.size()));
  const std::uint8_t version = reader.u8();
  const std::uint8_t suite = reader.u8();
  const std::uint16_t owner_bytes = reader.le16();
  const BlobId written_id(reader.le64());
  const std::string_view owner = reader.bytes(owner_bytes);
  if (version > kVersion)
    return newer_format("blob " + std::to_string(id.value()), version, kVersion);
  if (suite != static_cast<std::uint8_t>(Suite::plain))
    return fail(ErrorCode::unsupported, "blob " + std::to_string(id.value()) + " is of suite " +
                                            std::to_string(suite) +
                                            ", which only a newer release knows");
  if (!reader.ok() || version == 0 || written_id != id)
    return damaged(id, "the header is another blob's");
  return std::string(owner);
}

void append_frame(std::string& out, BlobId id, std::uint32_t index, bool last,
                  std::string_view payload) {
  const std::uint32_t length_and_flag =
      static_cast<std::uint32_t>(payload.size()) | (last ? kLastFlag : 0);
  append_le32(out, index);
  append_le32(out, length_and_flag);
  out.append(payload);
  append_tag(out, payload, frame_seed(id, index, length_and_flag));
}

void seal_frame(std::span<char> frame, BlobId id, std::uint32_t index, bool last) {
  DYAD_CHECK(frame.size() >= kFrameHeaderBytes + kTagBytes);
  const std::size_t length = frame.size() - kFrameHeaderBytes - kTagBytes;
  const std::uint32_t length_and_flag = static_cast<std::uint32_t>(length) | (last ? kLastFlag : 0);
  std::string head;
  append_le32(head, index);
  append_le32(head, length_and_flag);
  std::memcpy(frame.data(), head.data(), kFrameHeaderBytes);
  char* const payload = frame.data() + kFrameHeaderBytes;
  put_tag(payload + length, {payload, length}, frame_seed(id, index, length_and_flag));
}

Result<std::string_view> parse_frame(BlobId id, std::uint32_t index, bool last,
                                     std::string_view frame) {
  const std::string where = "frame " + std::to_string(index);
  if (frame.size() < kFrameHeaderBytes + kTagBytes) return damaged(id, where + " is cut off");
  ByteReader reader(frame);
  const std::uint32_t written_index = reader.le32();
  const std::uint32_t length_and_flag = reader.le32();
  const std::size_t length = length_and_flag & ~kLastFlag;
  if (written_index != index) return damaged(id, where + " holds another frame");
  if (((length_and_flag & kLastFlag) != 0) != last)
    return damaged(id, last ? where + " should be the last and is not: the file is cut off"
                            : where + " says it is the last and is not");
  if (length != frame.size() - kFrameHeaderBytes - kTagBytes)
    return damaged(id, where + " has a wrong length");
  const std::string_view payload = frame.substr(kFrameHeaderBytes, length);
  if (!tag_matches(frame.substr(kFrameHeaderBytes + length), payload,
                   frame_seed(id, index, length_and_flag)))
    return damaged(id, where + "'s tag does not match its bytes");
  return payload;
}

Result<std::uint64_t> payload_bytes_of_file(BlobId id, std::uint64_t file_bytes) {
  constexpr std::uint64_t kOverhead = kFrameHeaderBytes + kTagBytes;
  if (file_bytes < kHeaderBytes + kOverhead) return damaged(id, "the file is cut off");
  const std::uint64_t framed = file_bytes - kHeaderBytes;
  const std::uint64_t full = framed / kFrameBytes;
  const std::uint64_t rest = framed % kFrameBytes;
  if (rest == 0) return full * kFramePayloadBytes;
  if (rest < kOverhead || (rest == kOverhead && full > 0))
    return damaged(id, "the file is cut off inside a frame");
  return full * kFramePayloadBytes + rest - kOverhead;
}

}  // namespace dyad::blob
