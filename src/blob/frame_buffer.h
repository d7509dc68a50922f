#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "blob/frame.h"

namespace dyad::blob {

/// Memory for a few frames, laid out as a blob's file has them. Who receives bytes puts them where
/// their frame's payload is, and BlobWriter::write_frames seals and writes them from there: no
/// byte is copied on the way.
class FrameBuffer {
 public:
  /// Takes `frames` * kFrameBytes of memory.
  explicit FrameBuffer(std::size_t frames)
      : memory_(std::make_unique_for_overwrite<char[]>(frames * kFrameBytes)), capacity_(frames) {}

  void clear() { size_bytes_ = 0; }
  /// Of payload.
  std::size_t size_bytes() const { return size_bytes_; }
  bool full() const { return size_bytes_ == capacity_ * kFramePayloadBytes; }

  /// Where the next bytes go: to the end of their frame at most. Not of a full one.
  std::span<char> room() {
    DYAD_CHECK(!full());
    const std::size_t inside = size_bytes_ % kFramePayloadBytes;
    return {payload_at(size_bytes_ / kFramePayloadBytes) + inside, kFramePayloadBytes - inside};
  }
  /// So many bytes were put into room().
  void add(std::size_t bytes) {
    DYAD_CHECK(bytes <= room().size());
    size_bytes_ += bytes;
  }

  /// Frames that hold anything; all but the last are full.
  std::size_t frames() const { return (size_bytes_ + kFramePayloadBytes - 1) / kFramePayloadBytes; }
  std::string_view payload(std::size_t index) const {
    DYAD_CHECK(index < frames());
    return {payload_at(index),
            std::min(kFramePayloadBytes, size_bytes_ - index * kFramePayloadBytes)};
  }

  // For writers, of full ones:
  std::span<char> frame(std::size_t index) {
    return {memory_.get() + index * kFrameBytes, kFrameBytes};
  }
  std::string_view sealed() const { return {memory_.get(), frames() * kFrameBytes}; }

 private:
  char* payload_at(std::size_t index) const {
    return memory_.get() + index * kFrameBytes + kFrameHeaderBytes;
  }

  const std::unique_ptr<char[]> memory_;
  const std::size_t capacity_;
  std::size_t size_bytes_ = 0;
};

}  // namespace dyad::blob
