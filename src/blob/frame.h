#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/blob_store.h"

namespace dyad::blob {

// The layout of one blob's file; described in docs/formats.md ("Blobs").
//
//   header, kHeaderBytes: magic "DYADBLOB" | version u8 | suite u8 | owner length u16 | blob id u64
//   |
//                         owner | zeros | tag[16] over all of that
//   frame i at kHeaderBytes + i * kFrameBytes: index u32 | payload length and last-frame flag u32 |
//                         payload | tag[16] over suite, blob id, index, length, flag and payload
//
// Every frame but the last is full. Integers are little-endian. Suite 1: bytes as they are, tags
// XXH3-128; a sealing suite puts an AEAD's tag in the same place.

enum class Suite : std::uint8_t { plain = 1 };

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kFrameHeaderBytes = 8;
constexpr std::size_t kFrameBytes = kFrameHeaderBytes + kFramePayloadBytes + kTagBytes;
constexpr std::size_t kHeaderBytes = 4096;

std::string make_header(BlobId id, std::string_view owner);
/// The owner. corruption: not a header of this blob; unsupported: a newer version or another suite.
Result<std::string> parse_header(BlobId id, std::string_view bytes);

/// Appends header, payload and tag of one frame.
void append_frame(std::string& out, BlobId id, std::uint32_t index, bool last,
                  std::string_view payload);
/// Header and tag of a frame whose payload stands in its place already. `frame`: from the frame's
/// first byte to its last.
void seal_frame(std::span<char> frame, BlobId id, std::uint32_t index, bool last);
/// The payload, checked. corruption names blob and frame.
Result<std::string_view> parse_frame(BlobId id, std::uint32_t index, bool last,
                                     std::string_view frame);

/// Payload bytes of a blob whose file has this length; corruption: no blob's file has it.
Result<std::uint64_t> payload_bytes_of_file(BlobId id, std::uint64_t file_bytes);
constexpr std::uint32_t frame_count(std::uint64_t payload_bytes) {
  return payload_bytes == 0 ? 1
                            : static_cast<std::uint32_t>((payload_bytes + kFramePayloadBytes - 1) /
                                                         kFramePayloadBytes);
}

}  // namespace dyad::blob
